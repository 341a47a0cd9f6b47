"""The curves of a run: one entry per epoch, kept through interruptions."""

import time
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Checkpoint


class Curves(Checkpoint):
    """Collects the record's `history`, and the time and images that training steps took.

    It is a `Checkpoint` because Lightning calls only those after the module's own
    `on_train_epoch_end`, where train/loss is logged. Its state travels in the checkpoint.
    """

    def __init__(self) -> None:
        self.history: list[dict[str, Any]] = []
        self.watched: dict[str, float | None] = {}  # what others logged in this epoch
        self.step_seconds = 0.0
        self.images = 0
        self._started = 0.0
        self._steps_ended: float | None = None

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._started, self._steps_ended = time.perf_counter(), None

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._steps_ended = _now(pl_module.device)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        ended = _now(pl_module.device)
        self.step_seconds += (self._steps_ended or ended) - self._started
        self.images += images_in(trainer, int(trainer.num_training_batches))
        metrics = {name: _finite(value) for name, value in trainer.callback_metrics.items()}
        others = {name: value for name, value in (self.watched | metrics).items()}
        self.watched = {}
        self.history.append(
            {
                "epoch": trainer.current_epoch,
                "train_loss": metrics.get("train/loss"),
                "train_accuracy": metrics.get("train/accuracy"),
                "validation_loss": metrics.get("val/loss"),
                "validation_accuracy": metrics.get("val/accuracy"),
                "learning_rate": _learning_rate(trainer),
                "seconds": ended - self._started,
                "metrics": {
                    name: value
                    for name, value in sorted(others.items())
                    if name not in _OWN and value is not None
                },
            }
        )

    @property
    def train_seconds(self) -> float:
        """Seconds of all epochs, validation included."""
        return float(sum(entry["seconds"] for entry in self.history))

    def state_dict(self) -> dict[str, Any]:
        return {
            "history": list(self.history),
            "step_seconds": self.step_seconds,
            "images": self.images,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.history = list(state_dict["history"])
        self.step_seconds = state_dict["step_seconds"]
        self.images = state_dict["images"]


_OWN = ("train/loss", "train/accuracy", "val/loss", "val/accuracy")


def images_in(trainer: pl.Trainer, steps: int) -> int:
    """Return how many images all processes together train on in the first `steps` of an epoch."""
    batches: Any = trainer.train_dataloader
    if hasattr(batches, "images_in"):
        return int(batches.images_in(steps))
    return steps * int(getattr(batches, "batch_size", None) or 0) * trainer.world_size


def _learning_rate(trainer: pl.Trainer) -> float | None:
    for optimizer in trainer.optimizers:
        return float(optimizer.param_groups[0]["lr"])
    return None


def _finite(value: torch.Tensor) -> float | None:
    """Return the figure, or None for one that a record cannot hold.

    A loss can overflow in its mean over the epoch though each step's was a number.
    """
    return float(value) if torch.isfinite(value) else None


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()
