"""Stopping a bad trial early: after each epoch, its run asks the study whether to go on.

The run's process reads and writes the study's file itself, so that the verdict falls before
the next epoch starts.
"""

import math
from pathlib import Path

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback

from fmnist_bench.errors import BenchError
from fmnist_bench.search.handover import handed_over


class Pruned(BenchError):
    """The trial is worse than others were at this epoch."""


class AskStudy(Callback):
    """Reports val/accuracy of each epoch to a trial, and ends the run if it is pruned."""

    def __init__(self, study: Path, trial: int) -> None:
        self._study = study
        self._trial = trial

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        epoch = trainer.current_epoch + 1
        accuracy = float(trainer.callback_metrics["val/accuracy"])
        stop = trainer.is_global_zero and self._judge(epoch, accuracy)
        # After the last epoch nothing is saved by stopping.
        if trainer.strategy.broadcast(stop) and epoch != trainer.max_epochs:
            raise Pruned(f"pruned after epoch {epoch}: validation accuracy {accuracy:.4f}")

    def _judge(self, epoch: int, accuracy: float) -> bool:
        # Optuna is an extra, which only tuning needs.
        from fmnist_bench.search.study import report_epoch

        return math.isfinite(accuracy) and report_epoch(self._study, self._trial, epoch, accuracy)


def pruning(folder: Path) -> list[Callback]:
    """Return the callback of a run that belongs to a trial; an empty list for any other run."""
    owner = handed_over(folder)
    return [AskStudy(*owner)] if owner else []
