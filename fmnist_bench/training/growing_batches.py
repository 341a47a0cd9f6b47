"""Training with batches that grow, as published row 16 does it."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from fmnist_bench.data.batches import Batch
from fmnist_bench.errors import BenchError
from fmnist_bench.training.classifier import Classifier


class GrowingBatches(Classifier):
    """Cuts each batch of the data into smaller ones, takes a step on each, and decays by them.

    The first group of parameters alone is decayed, by convention the convolutions: each step takes
    away a share of `decay` over the root of the number of steps in the epoch before (in the first
    epoch: of its own). The schedule moves at the end of each epoch.
    """

    def __init__(
        self, net: nn.Module, *, batch_sizes: Sequence[Sequence[int]], decay: float, **parts: Any
    ) -> None:
        """Take `batch_sizes`: pairs of the epoch where each begins, counted from 0, and images.

        The largest is the batch that the data comes in.

        Raises:
            BenchError: there is no size for the first epoch, or images are to be mixed.
        """
        if not batch_sizes or min(start for start, _ in batch_sizes) != 0:
            raise BenchError("model.batch_sizes: no size for epoch 0; begin with [0, 16], say")
        if parts.get("mixing") is not None:
            raise BenchError("model.mixing: not with batches that grow; use none")
        super().__init__(net, **parts)
        self.automatic_optimization = False
        self._sizes, self._decay = sorted((start, size) for start, size in batch_sizes), decay

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        optimizer: Any = self.optimizers()
        losses = []
        size = self._size_in(self.current_epoch)
        parts = (torch.split(each, size) for each in batch)
        for images, labels in zip(*parts, strict=True):
            optimizer.zero_grad()
            scores = self.net(images)
            loss: Tensor = self.loss(scores, labels)
            self.manual_backward(loss)
            optimizer.step()
            self.note(loss, scores, labels)
            losses.append(loss.detach())
        return torch.stack(losses).mean()

    def on_train_epoch_start(self) -> None:
        super().on_train_epoch_start()
        optimizer: Any = self.optimizers(use_pl_optimizer=False)
        of_data = int(self.trainer.num_training_batches) * max(size for _, size in self._sizes)
        steps = of_data / self._size_in(max(0, self.current_epoch - 1))
        optimizer.param_groups[0]["weight_decay"] = self._decay / math.sqrt(steps)

    def on_train_epoch_end(self) -> None:
        super().on_train_epoch_end()
        schedule: Any = self.lr_schedulers()
        schedule.step()

    def _size_in(self, epoch: int) -> int:
        return [size for start, size in self._sizes if start <= epoch][-1]
