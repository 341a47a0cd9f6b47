"""Fitting an estimator in one pass over the training images."""

from typing import Any

import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import Tensor

from fmnist_bench.data.batches import Batch
from fmnist_bench.nets.estimator_net import EstimatorNet

_SEEDS = 2**32
"""How many seeds NumPy's older generator takes."""


class EstimatorClassifier(pl.LightningModule):
    """Collects the batches of the one epoch, and fits `net` to them in its last step.

    Logs val/accuracy and val/loss, which is infinite for an estimator that names a class alone.
    """

    def __init__(self, net: EstimatorNet) -> None:
        """Take the net; what its fit draws depends on the seed that torch's generator has now."""
        super().__init__()
        self.automatic_optimization = False
        self.net = net
        self._seed = torch.initial_seed() % _SEEDS
        self._seen: list[Batch] = []

    def forward(self, images: Tensor) -> Tensor:
        """Return scores (B, classes) for images (B, C, H, W)."""
        scores: Tensor = self.net(images)
        return scores

    def training_step(self, batch: Batch, batch_idx: int) -> None:
        self._seen.append(batch)
        if batch_idx + 1 == self.trainer.num_training_batches:
            images, labels = (torch.cat(parts) for parts in zip(*self._seen, strict=True))
            self._seen = []
            self.net.fit(images, labels, seed=self._seed)

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        images, labels = batch
        scores = self(images)
        self.log(
            "val/accuracy", (scores.argmax(1) == labels).float().mean(), batch_size=len(labels)
        )
        self.log("val/loss", F.cross_entropy(scores, labels), batch_size=len(labels))

    def configure_optimizers(self) -> Any:
        """Return none: nothing takes a step."""
        return []
