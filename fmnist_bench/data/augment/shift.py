"""Shifts by whole pixels."""

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from fmnist_bench.data.augment.arguments import check_choice, check_number
from fmnist_bench.errors import BenchError

_FILLS = ("zero", "border")


class PixelShift:
    """Move, with probability `p`, down and to the right by whole numbers of pixels.

    On each axis the way is uniform within `pixels` and then rounded: [-10.5, 9.5] gives each
    of -10 to 9 alike, [-2.8, 2.8] gives 3 less often than 2. What comes into view is black
    (`fill` "zero") or continues the border's pixels ("border").

    Parameters (n, 2) int64: pixels down and to the right.
    """

    def __init__(self, *, p: float, pixels: Sequence[float], fill: str) -> None:
        """Take the probability, the range [low, high] of the way and the filling.

        Raises:
            BenchError: `p` outside [0, 1], `pixels` no range, or `fill` unknown.
        """
        check_number("PixelShift p", p, 0, 1)
        if len(pixels) != 2 or pixels[0] > pixels[1]:
            raise BenchError(f"PixelShift pixels: {list(pixels)}, expected [low, high]")
        check_choice("PixelShift fill", fill, _FILLS)
        self._p, self._fill = p, fill
        self._low, self._high = pixels

    def draw(self, indices: Tensor, epoch: int, generator: Generator) -> Tensor:
        uniform = torch.rand(len(indices), 3, generator=generator)
        way = self._low + uniform[:, 1:] * (self._high - self._low)
        return way.round().long() * (uniform[:, :1] < self._p)

    def apply(self, images: Tensor, parameters: Tensor) -> Tensor:
        moved = images
        for axis, by in ((2, parameters[:, :1]), (3, parameters[:, 1:])):
            side = images.shape[axis]
            source = torch.arange(side, device=images.device) - by
            shape = [len(images), 1, 1, 1]
            shape[axis] = side
            places = source.clamp(0, side - 1).view(shape).expand(images.shape)
            moved = moved.gather(axis, places)
            if self._fill == "zero":
                inside = (source >= 0) & (source < side)
                moved = moved * inside.view(shape).to(images.dtype)
        return moved
