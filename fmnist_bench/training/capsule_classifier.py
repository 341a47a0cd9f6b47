"""Training a capsule net, which also draws the image that it saw."""

from typing import Any

import torch.nn.functional as F
from torch import Tensor

from fmnist_bench.data.batches import Batch
from fmnist_bench.errors import BenchError
from fmnist_bench.nets.capsule_net import CapsuleNet, scores_of
from fmnist_bench.training.classifier import Classifier


class CapsuleClassifier(Classifier):
    """Adds to the loss how far the drawn image is from the one that the net was shown.

    That is the mean squared difference of their pixels, times `reconstruction`; train/loss
    includes it.
    """

    def __init__(self, net: CapsuleNet, *, reconstruction: float, **parts: Any) -> None:
        """Take the net, the weight of the reconstruction, and what any classifier takes.

        Raises:
            BenchError: images are to be mixed, which have no one class to be drawn from.
        """
        if parts.get("mixing") is not None:
            raise BenchError("model.mixing: a capsule net draws images of one class; use none")
        super().__init__(net, **parts)
        self._reconstruction = reconstruction

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        images, labels = batch
        net = self.net
        assert isinstance(net, CapsuleNet)
        capsules = net.capsules(images)
        scores = scores_of(capsules)
        difference = F.mse_loss(net.reconstruct(capsules, labels), images)
        loss: Tensor = self.loss(scores, labels) + self._reconstruction * difference
        self.note(loss, scores, labels)
        return loss
