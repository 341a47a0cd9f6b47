"""Stopping a bad trial early: after each epoch, its run asks the study whether to go on.

The run's process reads and writes the study's file itself, so that the verdict falls before
the next epoch starts.
"""

import math
from functools import cached_property
from pathlib import Path

import optuna
import pytorch_lightning as pl
from optuna.trial import Trial, TrialState
from pytorch_lightning.callbacks import Callback

from fmnist_bench.errors import BenchError
from fmnist_bench.search.objective import RUNS
from fmnist_bench.search.study import open_study


class Pruned(BenchError):
    """The trial is worse than others were at this epoch."""


class AskStudy(Callback):
    """Reports val/accuracy of each epoch of the run in `folder`, and ends it if it is pruned.

    The run belongs to the unfinished trial that names it first: pruning judges a trial's first
    seed, and one that survives it is trained with all.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        epoch = trainer.current_epoch + 1
        accuracy = float(trainer.callback_metrics.get("val/accuracy", math.nan))
        stop = trainer.is_global_zero and math.isfinite(accuracy) and self._judge(epoch, accuracy)
        # After the last epoch nothing is saved by stopping.
        if trainer.strategy.broadcast(stop) and epoch != trainer.max_epochs:
            raise Pruned(f"pruned after epoch {epoch}: validation accuracy {accuracy:.4f}")

    @cached_property
    def _study(self) -> optuna.Study:
        return open_study(self._folder.parents[1])

    def _judge(self, epoch: int, accuracy: float) -> bool:
        running = self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        for frozen in running:
            if next(iter(frozen.user_attrs.get(RUNS, ())), None) == self._folder.name:
                trial = Trial(self._study, frozen._trial_id)
                # A run that was killed trains its last epoch again.
                if epoch not in frozen.intermediate_values:
                    trial.report(accuracy, epoch)
                return trial.should_prune()
        return False
