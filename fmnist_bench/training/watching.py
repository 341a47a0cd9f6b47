"""Where callbacks that only watch write to, and Lightning loggers beside it."""

from argparse import Namespace
from typing import Any

from pytorch_lightning.loggers import Logger

from fmnist_bench.training.curves import Curves


class HistoryLogger(Logger):
    """Puts what callbacks log (learning rates, device statistics) into the run's history.

    Lightning's monitors want a logger to write to; of each figure the epoch's last one counts.
    """

    def __init__(self, curves: Curves) -> None:
        super().__init__()
        self._curves = curves

    @property
    def name(self) -> str:
        return "history"

    @property
    def version(self) -> int:
        return 0

    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        self._curves.watched |= {name: float(value) for name, value in metrics.items()}
        self._curves.watched.pop("epoch", None)

    def log_hyperparams(
        self, params: dict[str, Any] | Namespace, *args: Any, **kwargs: Any
    ) -> None:
        pass
