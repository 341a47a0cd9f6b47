"""Batches as index slices of images that stay in memory, on the device that trains."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from fmnist_bench.data.augment import Augmentation
from fmnist_bench.data.scaling import Scaling
from fmnist_bench.errors import BenchError
from fmnist_bench.streams import generator

Batch = tuple[Tensor, Tensor]
"""Images (B, 1, H, W) float32 scaled, labels (B,) int64."""


@dataclass(frozen=True)
class Shard:
    """Which share of every batch is this process's: number `rank` of `world` equal ones."""

    rank: int
    world: int


class TrainBatches:
    """One epoch after another of shuffled, augmented, scaled batches.

    Order and augmentation are functions of (seed, epoch). They are drawn on the CPU for
    the whole epoch at once, so neither the device, nor the batch size, nor the number of
    processes changes what happens to the epoch's i-th image.
    """

    def __init__(
        self,
        images: Tensor,
        labels: Tensor,
        indices: Tensor,
        *,
        batch_size: int,
        drop_last: bool,
        augmentations: Sequence[Augmentation],
        scaling: Scaling,
        seed: int,
        epoch: Callable[[], int],
        shard: Shard,
    ) -> None:
        """Take images (N, 1, H, W) uint8, labels (N,) int64 and the indices (n,) int64 to train on.

        All three lie on the device that trains. `batch_size` counts the images of all
        processes together; `epoch` is asked at the start of every pass.

        Raises:
            BenchError: the batch does not divide by the processes, or exceeds the images.
        """
        if batch_size % shard.world:
            raise BenchError(
                f"batch_size: {batch_size} does not divide by {shard.world} devices; "
                "choose a multiple"
            )
        if not 0 < batch_size <= len(indices):
            raise BenchError(f"batch_size: {batch_size}, expected 1 to {len(indices)} (all images)")
        self._images, self._labels, self._indices = images, labels, indices
        self._batch_size = batch_size
        self._augmentations, self._scaling = augmentations, scaling
        self._seed, self._epoch, self._shard = seed, epoch, shard
        full, rest = divmod(len(indices), batch_size)
        # Every process takes the same number of steps with the same number of images.
        rest -= rest % shard.world
        bounds = [step * batch_size for step in range(full + 1)]
        self._bounds = bounds if drop_last or not rest else [*bounds, full * batch_size + rest]

    def __len__(self) -> int:
        return len(self._bounds) - 1

    def images_in(self, steps: int) -> int:
        """Return how many images all processes together train on in an epoch of `steps`."""
        return self._bounds[steps]

    def __iter__(self) -> Iterator[Batch]:
        epoch = self._epoch()
        shuffled = torch.randperm(
            len(self._indices), generator=generator(self._seed, "shuffle", epoch)
        )
        order = self._indices.cpu()[shuffled]
        drawn = [
            augmentation.draw(order, epoch, generator(self._seed, "augment", epoch, number))
            for number, augmentation in enumerate(self._augmentations)
        ]
        device = self._images.device
        order = order.to(device, non_blocking=True)
        drawn = [parameters.to(device, non_blocking=True) for parameters in drawn]
        for start, end in pairwise(self._bounds):
            share = (end - start) // self._shard.world
            mine = slice(start + self._shard.rank * share, start + (self._shard.rank + 1) * share)
            chosen = order[mine]
            images = self._images.index_select(0, chosen)
            for augmentation, parameters in zip(self._augmentations, drawn, strict=True):
                images = augmentation.apply(images, parameters[mine])
            yield self._scaling(images), self._labels.index_select(0, chosen)


class EvalBatches:
    """Unshuffled, scaled batches in file order; under several processes a share each."""

    def __init__(
        self,
        images: Tensor,
        labels: Tensor,
        indices: Tensor,
        *,
        batch_size: int,
        scaling: Scaling,
        shard: Shard,
    ) -> None:
        """Take images (N, 1, H, W) uint8, labels (N,) int64 and the indices (n,) int64 to score."""
        share = math.ceil(len(indices) / shard.world)
        self._images, self._labels = images, labels
        self._indices = indices[shard.rank * share : (shard.rank + 1) * share]
        self._batch_size, self._scaling = batch_size, scaling

    def __len__(self) -> int:
        return math.ceil(len(self._indices) / self._batch_size)

    def __iter__(self) -> Iterator[Batch]:
        for part in torch.split(self._indices, self._batch_size):
            images = self._images.index_select(0, part)
            yield self._scaling(images), self._labels.index_select(0, part)
