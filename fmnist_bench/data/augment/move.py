"""Crops and shifts by whole pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from fmnist_bench.data.arguments import ORDERED, Arguments, Share, Whole
from fmnist_bench.errors import BenchError


@dataclass(frozen=True, kw_only=True, eq=False)
class RandomCrop(Arguments):
    """Pad every side by `padding` pixels, then cut the original size out at a random place.

    `mode` fills the padding with black ("zero") or with the image mirrored at its border
    pixels ("reflect"). Parameters (n, 2) int64: row and column of the crop, 0 to 2 * padding.
    """

    padding: Whole
    mode: Literal["zero", "reflect"]

    def draw(self, indices: Tensor, epoch: int, generator: Generator) -> Tensor:
        return torch.randint(2 * self.padding + 1, (len(indices), 2), generator=generator)

    def apply(self, images: Tensor, parameters: Tensor) -> Tensor:
        count, channels, height, width = images.shape
        padded = self._padded(images)
        tall, wide = padded.shape[2:]
        # Every run of `width` pixels, as a view. Copying whole rows of the crop out of it
        # takes half the time of indexing single pixels.
        runs = padded.reshape(-1).unfold(0, width, 1)
        first = torch.arange(count * channels, device=images.device).view(count, channels)
        first = first * (tall * wide) + (parameters[:, :1] * wide + parameters[:, 1:])
        rows = first[..., None] + torch.arange(height, device=images.device) * wide
        return runs.index_select(0, rows.view(-1)).view(images.shape)

    def _padded(self, images: Tensor) -> Tensor:
        if self.mode == "zero":
            return F.pad(images, (self.padding,) * 4)
        if self.padding >= min(images.shape[2:]):
            raise BenchError(
                f"RandomCrop padding: {self.padding} with mode reflect, expected less than the "
                f"images' side of {min(images.shape[2:])}"
            )
        # F.pad has no reflection of uint8 on every device.
        return _reflected(_reflected(images, self.padding, 2), self.padding, 3)


def _reflected(images: Tensor, padding: int, dimension: int) -> Tensor:
    side = images.shape[dimension]
    before = images.narrow(dimension, 1, padding).flip(dimension)
    after = images.narrow(dimension, side - 1 - padding, padding).flip(dimension)
    return torch.cat((before, images, after), dimension)


@dataclass(frozen=True, kw_only=True, eq=False)
class PixelShift(Arguments):
    """Move, with probability `p`, down and to the right by whole numbers of pixels.

    On each axis the way is uniform within `pixels` and then rounded: [-10.5, 9.5] gives each
    of -10 to 9 alike, [-2.8, 2.8] gives 3 less often than 2. What comes into view is black
    (`fill` "zero") or continues the border's pixels ("border").

    Parameters (n, 2) int64: pixels down and to the right.
    """

    p: Share
    pixels: Annotated[Sequence[float], ORDERED]
    fill: Literal["zero", "border"]

    def draw(self, indices: Tensor, epoch: int, generator: Generator) -> Tensor:
        uniform = torch.rand(len(indices), 3, generator=generator)
        low, high = self.pixels
        way = low + uniform[:, 1:] * (high - low)
        return way.round().long() * (uniform[:, :1] < self.p)

    def apply(self, images: Tensor, parameters: Tensor) -> Tensor:
        moved = images
        for axis, by in ((2, parameters[:, :1]), (3, parameters[:, 1:])):
            side = images.shape[axis]
            source = torch.arange(side, device=images.device) - by
            shape = [len(images), 1, 1, 1]
            shape[axis] = side
            places = source.clamp(0, side - 1).view(shape).expand(images.shape)
            moved = moved.gather(axis, places)
            if self.fill == "zero":
                inside = (source >= 0) & (source < side)
                moved = moved * inside.view(shape).to(images.dtype)
        return moved
