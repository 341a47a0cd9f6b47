"""Tells every tracker of a run how it goes."""

import logging
import math
import time
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Protocol, Self

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback

from fmnist_bench.tracking.figures import NAMES, THROUGHPUT, epoch_figures
from fmnist_bench.tracking.tracker import Figures
from fmnist_bench.training.curves import Curves

log = logging.getLogger(__name__)


class Mirror(Protocol):
    """A tracker at work. None of its methods raises, and none but `close` waits."""

    patience: float

    def open(self) -> None: ...

    def begin(self, earlier: Sequence[Figures]) -> None: ...

    def epoch(self, figures: Figures) -> None: ...

    def end(self, error: str | None, *, interrupted: bool) -> None: ...

    def close(self, seconds: float) -> None:
        """Wait for what it still has to do, so many seconds at most."""


class Live(Callback):
    """Sends the run's curves to its mirrors after each epoch, and in the end how it ended.

    As a context manager it closes them: `done` when the block ends (the record is then on
    disk), `failed` when it raises. An epoch is sent once it is in the resume point, so that
    a run which continues sends none twice.
    """

    def __init__(self, mirrors: Sequence[Mirror]) -> None:
        self._mirrors = mirrors
        self._curves: Curves | None = None
        self._sent = 0
        self._images, self._step_seconds = 0, 0.0

    def __enter__(self) -> Self:
        for mirror in self._mirrors:
            mirror.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None and self._curves is not None:
            self._send({})
        text = None if kind is None else " ".join(str(error).split()) or kind.__name__
        # Lightning turns Ctrl-C and SIGTERM into SystemExit.
        interrupted = kind is not None and not issubclass(kind, Exception)
        for mirror in self._mirrors:
            mirror.end(text, interrupted=interrupted)
        started = time.monotonic()
        for mirror in self._mirrors:
            mirror.close(max(0.0, started + mirror.patience - time.monotonic()))

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        (self._curves,) = _only(trainer.callbacks)  # type: ignore[attr-defined]  # Lightning's own
        curves = self._curves
        self._sent = len(curves.history)
        self._images, self._step_seconds = curves.images, curves.step_seconds
        earlier = [epoch_figures(entry) for entry in curves.history]
        for mirror in self._mirrors:
            mirror.begin(earlier)

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._send(_extra(trainer))

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._send(_extra(trainer))

    def _send(self, extra: Figures) -> None:
        assert self._curves is not None
        curves = self._curves
        for entry in curves.history[self._sent :]:
            figures = epoch_figures(entry) | extra
            seconds = curves.step_seconds - self._step_seconds
            if seconds > 0:
                figures[THROUGHPUT] = (curves.images - self._images) / seconds
            for mirror in self._mirrors:
                mirror.epoch(figures)
        self._sent = len(curves.history)
        self._images, self._step_seconds = curves.images, curves.step_seconds


def _only(callbacks: Iterable[Callback]) -> list[Curves]:
    return [callback for callback in callbacks if isinstance(callback, Curves)]


def _extra(trainer: pl.Trainer) -> Figures:
    """Return what a model of its own logs besides the four figures that every model does."""
    logged = {name: float(value) for name, value in trainer.callback_metrics.items()}
    own = {name: value for name, value in logged.items() if name not in NAMES.values()}
    return {name: value for name, value in own.items() if math.isfinite(value)}
