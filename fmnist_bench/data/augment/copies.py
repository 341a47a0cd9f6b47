"""Copies of the training images that are made once and for all."""

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from fmnist_bench.data.augment.arguments import check_number, check_whole

_COPIES_SEED = 1


class RotatedCopies:
    """Show each image as it is and as `copies` rotated ones, in turn from epoch to epoch.

    So `copies` + 1 epochs are one pass over a training set that was enlarged beforehand, which
    much published code does. A copy is rotated by up to +-`degrees` about the centre, its
    pixels the nearest ones and its border continued, and then mirrored with probability `flip_p`.
    Which way, and with which version an image begins, is a fixed function of the image's place
    in the dataset, the same for every run, so an epoch needs no memory of the ones before it.

    Parameters (n, 2) float32: angle in radians, counter-clockwise; 1 where mirrored.
    """

    def __init__(self, *, copies: int, degrees: float, flip_p: float) -> None:
        """Take the number of copies, the largest angle and the probability of mirroring.

        Raises:
            BenchError: `copies` below 1, `degrees` outside [0, 180] or `flip_p` outside [0, 1].
        """
        check_whole("RotatedCopies copies", copies, 1)
        check_number("RotatedCopies degrees", degrees, 0, 180)
        check_number("RotatedCopies flip_p", flip_p, 0, 1)
        self._copies, self._reach, self._flip_p = copies, math.radians(degrees), flip_p

    def draw(self, indices: Tensor, epoch: int, generator: Generator) -> Tensor:
        chance = torch.Generator().manual_seed(_COPIES_SEED)
        drawn = torch.rand(int(indices.max()) + 1, 1 + 2 * self._copies, generator=chance)
        drawn = drawn[indices]
        first = (drawn[:, 0] * (self._copies + 1)).long()
        version = (first + epoch).remainder(self._copies + 1)
        # Version 0 is the image itself; the others have their own two columns.
        column = 2 * (version - 1).clamp(min=0)
        rows = torch.arange(len(indices))
        angle = (2 * drawn[rows, 1 + column] - 1) * self._reach
        flipped = (drawn[rows, 2 + column] < self._flip_p).float()
        return torch.stack((angle, flipped), dim=1) * (version > 0)[:, None]

    def apply(self, images: Tensor, parameters: Tensor) -> Tensor:
        angle, flipped = parameters.unbind(1)
        height, width = images.shape[2:]
        cos, sin, mirror, zero = angle.cos(), angle.sin(), 1 - 2 * flipped, torch.zeros_like(angle)
        # A pixel's way back: undo the mirror, then the turn; the ratio keeps angles true.
        from_x = torch.stack((mirror * cos, -sin * (height / width), zero), dim=1)
        from_y = torch.stack((mirror * sin * (width / height), cos, zero), dim=1)
        window = torch.stack((from_x, from_y), dim=1)
        grid = F.affine_grid(window, list(images.shape), align_corners=False)
        pixels = images if images.is_floating_point() else images.float()
        moved = F.grid_sample(
            pixels, grid.to(pixels.dtype), "nearest", padding_mode="border", align_corners=False
        )
        return moved.to(images.dtype)
