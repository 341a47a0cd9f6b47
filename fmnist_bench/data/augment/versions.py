"""Mirror images and quarter turns: a few versions of each image, of which chance picks one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from torch import Generator, Tensor

from fmnist_bench.data.arguments import Arguments, Share
from fmnist_bench.errors import BenchError

_COINS_SEED = 0


def _picked(versions: Sequence[Tensor], number: Tensor) -> Tensor:
    """Return version `number` (B,) of each image; each of `versions` is the whole batch."""
    # Copying whole images takes less time than torch.where or gather on single pixels.
    count = len(number)
    places = torch.arange(count, device=number.device) + number * count
    return torch.cat(tuple(versions)).index_select(0, places)


@dataclass(frozen=True, kw_only=True, eq=False)
class HorizontalFlip(Arguments):
    """Swap left and right with probability `p`. Parameters (n, 1) bool: flipped or not."""

    dimension: ClassVar[int] = 3
    p: Share

    def draw(self, indices: Tensor, epoch: int, generator: Generator) -> Tensor:
        return torch.rand(len(indices), 1, generator=generator) < self.p

    def apply(self, images: Tensor, parameters: Tensor) -> Tensor:
        return _picked((images, images.flip(self.dimension)), parameters[:, 0])


class VerticalFlip(HorizontalFlip):
    """Swap top and bottom with probability `p`. Parameters (n, 1) bool: flipped or not."""

    dimension = 2


class AlternatingFlip:
    """Swap left and right in every second epoch, so that each pair of epochs shows both sides.

    Half of the images, picked by chance, start mirrored. The pick is a fixed function of
    the image's place in the dataset, the same for every run, so an epoch needs no memory of
    the ones before it. Method: K. Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU"
    (arXiv:2404.00498), section 3.6. Parameters (n, 1) bool: flipped or not.
    """

    def draw(self, indices: Tensor, epoch: int, generator: Generator) -> Tensor:
        coins = torch.Generator().manual_seed(_COINS_SEED)
        starts = torch.randint(2, (int(indices.max()) + 1,), generator=coins)[indices]
        return (starts + epoch).remainder(2).bool().unsqueeze(1)

    def apply(self, images: Tensor, parameters: Tensor) -> Tensor:
        return _picked((images, images.flip(3)), parameters[:, 0])


@dataclass(frozen=True, kw_only=True, eq=False)
class QuarterTurns(Arguments):
    """Turn, with probability `p`, counter-clockwise by one of `degrees`, each as likely.

    Parameters (n, 1) int64: the place of the angle in `degrees`, counted from 1; 0 is no turn.
    """

    p: Share
    degrees: Annotated[Sequence[Literal[90, 180, 270]], Field(min_length=1)]

    def draw(self, indices: Tensor, epoch: int, generator: Generator) -> Tensor:
        uniform = torch.rand(len(indices), 2, generator=generator)
        angle = 1 + (uniform[:, 1:] * len(self.degrees)).long()
        return angle * (uniform[:, :1] < self.p)

    def apply(self, images: Tensor, parameters: Tensor) -> Tensor:
        height, width = images.shape[2:]
        if height != width and any(angle != 180 for angle in self.degrees):
            raise BenchError(
                f"QuarterTurns degrees: images of {height}x{width}, expected square ones unless "
                "every angle is 180"
            )
        turned = (images.rot90(angle // 90, (2, 3)) for angle in self.degrees)
        return _picked((images, *turned), parameters[:, 0])
