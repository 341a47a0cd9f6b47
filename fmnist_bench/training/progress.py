"""Progress of one run: a bar for a person at a terminal, plain lines in a log file."""

import sys
from logging import getLogger
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Checkpoint
from tqdm import tqdm

log = getLogger(__name__)


class Progress(Checkpoint):
    """Shows steps within the epoch on a terminal, and logs one line per epoch.

    A `Checkpoint` for the same reason as `Curves`: the epoch's figures are complete only
    after the module's own hook.
    """

    def __init__(self, *, bar: bool) -> None:
        self._wants_bar = bar and sys.stderr.isatty()
        self._bar: tqdm[Any] | None = None

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if self._wants_bar:
            self._bar = tqdm(
                total=int(trainer.num_training_batches),
                desc=f"epoch {trainer.current_epoch + 1}/{trainer.max_epochs}",
                unit="step",
                leave=False,
                dynamic_ncols=True,
            )

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        if self._bar is not None:
            self._bar.update()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._close()
        shown = " ".join(
            f"{name} {float(trainer.callback_metrics[name]):.4f}"
            for name in ("train/loss", "train/accuracy", "val/loss", "val/accuracy")
            if name in trainer.callback_metrics
        )
        log.info("epoch %d/%s  %s", trainer.current_epoch + 1, trainer.max_epochs, shown)

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        self._close()

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
