"""Time to accuracy, as speed records are timed."""

import time

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback


class Clock(Callback):
    """Runs from the first use of training data to `read`, and stands still while validating.

    So what is computed from the training images before the first step counts, and so do all
    steps, everything between the epochs, and the scoring of the test images; the rules are
    those of the CIFAR-10 speed records (K. Jordan, arXiv:2404.00498, section 2). It comes
    first in the list of callbacks, since its `setup` starts it.
    """

    def __init__(self) -> None:
        self._started: float | None = None
        self._paused = 0.0
        self._pause_started = 0.0

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        # What an interrupted run took before cannot be told to the second.
        if stage == "fit" and trainer.ckpt_path is None:
            self._started = _now(pl_module.device)

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._pause_started = _now(pl_module.device)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._paused += _now(pl_module.device) - self._pause_started

    def read(self, device: torch.device) -> float | None:
        """Return the seconds until now; None for a run that was interrupted and resumed."""
        if self._started is None:
            return None
        return _now(device) - self._started - self._paused


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()
