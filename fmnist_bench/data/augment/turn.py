"""Rotations that move whole pixels."""

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from fmnist_bench.data.augment.arguments import check_number
from fmnist_bench.errors import BenchError

_QUARTER = 90


class QuarterTurns:
    """Turn, with probability `p`, counter-clockwise by one of `degrees`, each as likely.

    Parameters (n, 1) int64: the place of the angle in `degrees`, counted from 1; 0 is no turn.
    """

    def __init__(self, *, p: float, degrees: Sequence[int]) -> None:
        """Take the probability and the angles.

        Raises:
            BenchError: `p` outside [0, 1], no angle, or one that is not 90, 180 or 270.
        """
        check_number("QuarterTurns p", p, 0, 1)
        if not degrees or any(angle not in (90, 180, 270) for angle in degrees):
            raise BenchError(f"QuarterTurns degrees: {degrees!r}, expected some of 90, 180, 270")
        self._p, self._turns = p, [0, *(angle // _QUARTER for angle in degrees)]

    def draw(self, indices: Tensor, epoch: int, generator: Generator) -> Tensor:
        uniform = torch.rand(len(indices), 2, generator=generator)
        angle = 1 + (uniform[:, 1:] * (len(self._turns) - 1)).long()
        return angle * (uniform[:, :1] < self._p)

    def apply(self, images: Tensor, parameters: Tensor) -> Tensor:
        count, _, height, width = images.shape
        if height != width and any(turns % 2 for turns in self._turns):
            raise BenchError(
                f"QuarterTurns degrees: images of {height}x{width}, expected square ones unless "
                "every angle is 180"
            )
        # Every version of the batch, then one for each image, as for flips.
        versions = torch.cat([images.rot90(turns, (2, 3)) for turns in self._turns])
        places = torch.arange(count, device=images.device) + parameters[:, 0] * count
        return versions.index_select(0, places)
