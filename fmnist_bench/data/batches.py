"""Batches as index slices of images that stay in memory, on the device that trains."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from fmnist_bench.data.augment import Augmentation
from fmnist_bench.data.parts import Part
from fmnist_bench.data.scaling import Scaling
from fmnist_bench.errors import BenchError
from fmnist_bench.streams import generator

Batch = tuple[Tensor, Tensor]
"""Images (B, C, H, W) float32 scaled, labels (B,) int64."""


def as_tensors(images: Part, labels: Part) -> tuple[Tensor, Tensor]:
    """Return images (N, C, H, W) uint8 and labels (N,) int64."""
    pixels = torch.from_numpy(images.array)
    grey = pixels.ndim == 3
    pixels = pixels.unsqueeze(1) if grey else pixels.permute(0, 3, 1, 2).contiguous()
    return pixels, torch.from_numpy(labels.array).long()


class Shard(NamedTuple):
    """Which share of the images is this process's: number `rank` of `world` equal ones."""

    rank: int
    world: int


@dataclass(frozen=True, eq=False)
class TrainBatches:
    """One epoch after another of shuffled, augmented, scaled batches.

    Order and augmentation are functions of (seed, epoch). They are drawn on the CPU for
    the whole epoch at once, so neither the device, nor the batch size, nor the number of
    processes changes what happens to the epoch's i-th image.

    Images (N, C, H, W) uint8 and labels (N,) int64 lie on the device that trains; `indices`
    (n,) int64 are those to train on. `batch_size` counts the images of all processes
    together; `epoch` is asked at the start of every pass.

    Raises:
        BenchError: the batch does not divide by the processes, or exceeds the images.
    """

    images: Tensor
    labels: Tensor
    indices: Tensor
    _: KW_ONLY
    batch_size: int
    drop_last: bool
    augmentations: Sequence[Augmentation]
    scaling: Scaling
    seed: int
    epoch: Callable[[], int]
    shard: Shard

    def __post_init__(self) -> None:
        size, world, count = self.batch_size, self.shard.world, len(self.indices)
        if size % world:
            raise BenchError(
                f"batch_size: {size} does not divide by {world} devices; choose a multiple"
            )
        if not 0 < size <= count:
            raise BenchError(f"batch_size: {size}, expected 1 to {count} (all images)")

    @cached_property
    def _bounds(self) -> list[int]:
        full, rest = divmod(len(self.indices), self.batch_size)
        # Every process takes the same number of steps with the same number of images.
        rest -= rest % self.shard.world
        bounds = [step * self.batch_size for step in range(full + 1)]
        return bounds if self.drop_last or not rest else [*bounds, bounds[-1] + rest]

    def __len__(self) -> int:
        return len(self._bounds) - 1

    def images_in(self, steps: int) -> int:
        """Return how many images all processes together train on in an epoch of `steps`."""
        return self._bounds[steps]

    def __iter__(self) -> Iterator[Batch]:
        epoch, device = self.epoch(), self.images.device
        shuffled = torch.randperm(
            len(self.indices), generator=generator(self.seed, "shuffle", epoch)
        )
        order = self.indices.cpu()[shuffled]
        drawn = [
            augmentation.draw(order, epoch, generator(self.seed, "augment", epoch, number))
            for number, augmentation in enumerate(self.augmentations)
        ]
        order = order.to(device, non_blocking=True)
        drawn = [parameters.to(device, non_blocking=True) for parameters in drawn]
        for start, end in pairwise(self._bounds):
            share = (end - start) // self.shard.world
            mine = slice(start + self.shard.rank * share, start + (self.shard.rank + 1) * share)
            chosen = order[mine]
            images = self.images.index_select(0, chosen)
            for augmentation, parameters in zip(self.augmentations, drawn, strict=True):
                images = augmentation.apply(images, parameters[mine])
            yield self.scaling(images), self.labels.index_select(0, chosen)


@dataclass(frozen=True, eq=False)
class EvalBatches:
    """Unshuffled, scaled batches in the order of `indices`; several processes get a share each."""

    images: Tensor
    labels: Tensor
    indices: Tensor
    _: KW_ONLY
    batch_size: int
    scaling: Scaling
    shard: Shard

    @cached_property
    def _parts(self) -> tuple[Tensor, ...]:
        share = math.ceil(len(self.indices) / self.shard.world)
        mine = self.indices[self.shard.rank * share : (self.shard.rank + 1) * share]
        return torch.split(mine.to(self.images.device), self.batch_size) if len(mine) else ()

    def __len__(self) -> int:
        return len(self._parts)

    def __iter__(self) -> Iterator[Batch]:
        for part in self._parts:
            images = self.images.index_select(0, part)
            yield self.scaling(images), self.labels.index_select(0, part)
