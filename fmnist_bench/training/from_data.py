"""Lets a net compute weights from training images before the first step."""

from typing import Protocol, runtime_checkable

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback
from torch import Tensor

from fmnist_bench.errors import BenchError


@runtime_checkable
class InitialisedFromData(Protocol):
    """A net with weights that are computed, not trained."""

    initial_images: int

    def initialise_from(self, images: Tensor) -> None: ...


class InitialiseFromData(Callback):
    """Hands such a net the first training images, scaled and not augmented.

    In the `setup` hook, so that what a checkpoint holds replaces it when a run resumes, and
    every process of a run on several devices computes the same.
    """

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        net = getattr(pl_module, "net", None)
        if stage != "fit" or not isinstance(net, InitialisedFromData):
            return
        data = trainer.datamodule  # type: ignore[attr-defined]  # set by fit(datamodule=...)
        if not hasattr(data, "training_images"):
            raise BenchError(
                f"model.net: {type(net).__name__} computes weights from training images, and "
                f"{type(data).__name__} has no method training_images(count, device); add it"
            )
        net.initialise_from(data.training_images(net.initial_images, pl_module.device))
