"""Training on the images of a batch that a small net finds hardest."""

import math
from collections.abc import Sequence
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer

from fmnist_bench.data.batches import Batch
from fmnist_bench.errors import BenchError
from fmnist_bench.training.classifier import Classifier
from fmnist_bench.training.cost import mac_count


class HardestShare(Classifier):
    """Trains `net` on the share of each batch on which `chooser`'s loss is largest.

    The chooser, a cheaper net, learns beside it from all images by cross-entropy; it is not
    scored. train/loss and train/accuracy are of the chosen images. Method: after the data
    filter of K. Jordan's CIFAR-10 speed run to 96 % (github.com/KellerJordan/cifar10-airbench),
    whose chooser is trained beforehand.
    """

    def __init__(self, net: nn.Module, *, chooser: nn.Module, share: float, **parts: Any) -> None:
        """Take the net, the one that chooses, and what any classifier takes.

        Raises:
            BenchError: a share outside (0, 1], or images are to be mixed.
        """
        if parts.get("mixing") is not None:
            raise BenchError("model.mixing: images are chosen by their labels; use none")
        if not 0 < share <= 1:
            raise BenchError(f"model.share: {share}, expected more than 0 and at most 1")
        super().__init__(net, **parts)
        self.chooser, self._share = chooser, share

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        images, labels = batch
        guesses = F.cross_entropy(self.chooser(images), labels, reduction="none")
        hardest = guesses.topk(math.ceil(self._share * len(labels))).indices
        loss, scores = self.loss_of(images[hardest], labels[hardest])
        self.note(loss, scores, labels[hardest])
        return loss + guesses.mean()

    def make_optimizer(self) -> Optimizer:
        return self.optimizer_of(nn.ModuleList([self.net, self.chooser]))

    def training_macs(self, image_shape: Sequence[int]) -> int:
        chosen = math.ceil(self._share * super().training_macs(image_shape))
        return chosen + 3 * mac_count(self.chooser, image_shape)
