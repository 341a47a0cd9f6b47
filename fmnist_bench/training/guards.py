"""Callbacks that keep a run honest: reproducible, resumable, stopped when it diverges."""

from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback

from fmnist_bench.errors import BenchError
from fmnist_bench.streams import stream_seed

RESUME_FILE = "resume.ckpt"


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
        if (batch_idx % self._EVERY_N_STEPS == 0 or last) and not torch.isfinite(outputs["loss"]):
            raise Diverged(
                f"loss is {outputs['loss'].item()} in epoch {trainer.current_epoch}, "
                f"batch {batch_idx}; lower optimizer.lr or set grad_clip"
            )


class EpochStreams(Callback):
    """Seeds torch's global generators, which dropout draws from, at the start of each epoch."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        torch.manual_seed(
            stream_seed(self._seed, "dropout", trainer.current_epoch, trainer.global_rank)
        )


class ResumePoint(Callback):
    """Saves everything at the start of each epoch but the first.

    Not at the end of one: Lightning moves epoch-wise and plateau schedules only after it
    has called the checkpoint callbacks, so that a run resumed from there would miss a move.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / RESUME_FILE

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if trainer.current_epoch == 0:
            return
        # Lightning 2.6 resets these counters only after this hook. A checkpoint that says
        # "all batches of the epoch are done" would make the resumed run skip the epoch.
        loop = trainer.fit_loop.epoch_loop
        loop.batch_progress.reset_on_run()
        loop.scheduler_progress.reset_on_run()
        loop.automatic_optimization.optim_progress.reset_on_run()
        trainer.save_checkpoint(self._path)
