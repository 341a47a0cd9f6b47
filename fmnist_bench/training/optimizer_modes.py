"""Optimizers that train at other weights than they are judged by, as the schedule-free ones."""

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback


class OptimizerModes(Callback):
    """Calls `train` and `eval` of every optimizer that has both.

    Schedule-free methods (Defazio and others, arXiv:2405.15682) take gradients at one point and
    give another as their result; the two calls move the weights between them. What is validated,
    kept and scored is the result.
    """

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        _switch(trainer, "train")

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        _switch(trainer, "eval")

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        # There and back again rounds, so what an epoch ends with stays as it was validated.
        if not trainer.is_last_batch:
            _switch(trainer, "train")

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        _switch(trainer, "eval")


def _switch(trainer: pl.Trainer, mode: str) -> None:
    for optimizer in trainer.optimizers:
        if callable(getattr(optimizer, "train", None)) and hasattr(optimizer, mode):
            getattr(optimizer, mode)()
