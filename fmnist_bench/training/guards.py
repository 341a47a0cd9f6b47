"""Callbacks that keep a run honest: reproducible, and stopped when it diverges."""

from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback

from fmnist_bench.errors import BenchError
from fmnist_bench.streams import stream_seed


class Diverged(BenchError):
    """The loss is no longer a finite number."""


class DivergenceGuard(Callback):
    """Stops a run whose loss is NaN or infinite."""

    # Reading a loss waits for the device; once in so many steps is not felt.
    _EVERY_N_STEPS = 50

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        last = batch_idx + 1 == trainer.num_training_batches
        # Under manual optimisation a step may return nothing; the epoch's mean tells then.
        if (batch_idx % self._EVERY_N_STEPS == 0 or last) and outputs:
            self._refuse(outputs["loss"], f"epoch {trainer.current_epoch}, batch {batch_idx}")

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        loss = trainer.callback_metrics.get("train/loss")
        if loss is not None:
            self._refuse(loss, f"epoch {trainer.current_epoch}")

    @staticmethod
    def _refuse(loss: torch.Tensor, where: str) -> None:
        if not torch.isfinite(loss):
            raise Diverged(f"loss is {loss.item()} in {where}; lower optimizer.lr or set grad_clip")


class EpochStreams(Callback):
    """Seeds torch's global generators, which dropout draws from, at the start of each epoch."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        torch.manual_seed(
            stream_seed(self._seed, "dropout", trainer.current_epoch, trainer.global_rank)
        )
