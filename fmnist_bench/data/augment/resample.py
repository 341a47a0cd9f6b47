"""Rotation, zoom and shift in one resampling."""

import math
from dataclasses import dataclass
from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Generator, Tensor

from fmnist_bench.data.arguments import Arguments, Count, Share

HalfTurn = Annotated[float, Field(ge=0, le=180)]
_COPIES_SEED = 1


def _resampled(images: Tensor, window: Tensor, mode: str, padding: str) -> Tensor:
    """Return what `window` (B, 2, 3), in affine_grid's x, y in [-1, 1], shows of each image."""
    grid = F.affine_grid(window, list(images.shape), align_corners=False)
    pixels = images if images.is_floating_point() else images.float()
    moved = F.grid_sample(
        pixels, grid.to(pixels.dtype), mode, padding_mode=padding, align_corners=False
    )
    return moved if images.is_floating_point() else moved.round_().to(images.dtype)


@dataclass(frozen=True, kw_only=True, eq=False)
class RandomAffine(Arguments):
    """Rotate and zoom about the centre, then shift; bilinear, black where nothing was.

    The angle is uniform within +-`degrees`, the zoom within [1 - zoom, 1 + zoom] for each
    axis by itself, the shift within +-`shift` of the side on each axis. As in Keras's
    ImageDataGenerator, which names the same three ranges, the zoom is the size of the window
    that fills the image: below 1 it enlarges.

    Parameters (n, 5) float32: angle in radians, clockwise; zoom down and across; shift down
    and to the right as shares of the sides.
    """

    degrees: HalfTurn
    zoom: Share
    shift: Share

    def draw(self, indices: Tensor, epoch: int, generator: Generator) -> Tensor:
        most = [math.radians(self.degrees), self.zoom, self.zoom, self.shift, self.shift]
        reach = torch.rand(len(indices), 5, generator=generator) * 2 - 1
        return reach * torch.tensor(most) + torch.tensor([0.0, 1.0, 1.0, 0.0, 0.0])

    def apply(self, images: Tensor, parameters: Tensor) -> Tensor:
        height, width = images.shape[2:]
        angle, zoom_y, zoom_x, shift_y, shift_x = parameters.unbind(1)
        cos, sin = angle.cos(), angle.sin()
        # A pixel's way back: undo the shift, shrink or stretch, turn counter-clockwise.
        # The ratio of the sides keeps angles true where the unit of x is not that of y.
        from_x = torch.stack((cos * zoom_x, -sin * zoom_x * (width / height)), dim=1)
        from_y = torch.stack((sin * zoom_y * (height / width), cos * zoom_y), dim=1)
        centre = -2 * (from_x * shift_x[:, None] + from_y * shift_y[:, None])
        window = torch.stack((from_x, from_y, centre), dim=2)
        return _resampled(images, window, "bilinear", "zeros")


@dataclass(frozen=True, kw_only=True, eq=False)
class RotatedCopies(Arguments):
    """Show each image as it is and as `copies` rotated ones, in turn from epoch to epoch.

    So `copies` + 1 epochs are one pass over a training set that was enlarged beforehand, which
    much published code does. A copy is rotated by up to +-`degrees` about the centre, its
    pixels the nearest ones and its border continued, and then mirrored with probability `flip_p`.
    Which way, and with which version an image begins, is a fixed function of the image's place
    in the dataset, the same for every run, so an epoch needs no memory of the ones before it.

    Parameters (n, 2) float32: angle in radians, counter-clockwise; 1 where mirrored.
    """

    copies: Count
    degrees: HalfTurn
    flip_p: Share

    def draw(self, indices: Tensor, epoch: int, generator: Generator) -> Tensor:
        chance = torch.Generator().manual_seed(_COPIES_SEED)
        drawn = torch.rand(int(indices.max()) + 1, 1 + 2 * self.copies, generator=chance)
        drawn = drawn[indices]
        first = (drawn[:, 0] * (self.copies + 1)).long()
        version = (first + epoch).remainder(self.copies + 1)
        # Version 0 is the image itself; the others have their own two columns.
        column = 2 * (version - 1).clamp(min=0)
        rows = torch.arange(len(indices))
        angle = (2 * drawn[rows, 1 + column] - 1) * math.radians(self.degrees)
        flipped = (drawn[rows, 2 + column] < self.flip_p).float()
        return torch.stack((angle, flipped), dim=1) * (version > 0)[:, None]

    def apply(self, images: Tensor, parameters: Tensor) -> Tensor:
        angle, flipped = parameters.unbind(1)
        height, width = images.shape[2:]
        cos, sin, mirror, zero = angle.cos(), angle.sin(), 1 - 2 * flipped, torch.zeros_like(angle)
        # A pixel's way back: undo the mirror, then the turn; the ratio keeps angles true.
        from_x = torch.stack((mirror * cos, -sin * (height / width), zero), dim=1)
        from_y = torch.stack((mirror * sin * (width / height), cos, zero), dim=1)
        return _resampled(images, torch.stack((from_x, from_y), dim=1), "nearest", "border")
