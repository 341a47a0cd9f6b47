"""Mirror images."""

import torch
from torch import Generator, Tensor

from fmnist_bench.data.augment.arguments import check_number

_COLUMNS = 3
_ROWS = 2
_COINS_SEED = 0


class HorizontalFlip:
    """Swap left and right with probability `p`. Parameters (n, 1) bool: flipped or not."""

    def __init__(self, *, p: float) -> None:
        """Take the probability. Raises BenchError outside [0, 1]."""
        check_number("HorizontalFlip p", p, 0, 1)
        self._p = p

    def draw(self, indices: Tensor, epoch: int, generator: Generator) -> Tensor:
        return torch.rand(len(indices), 1, generator=generator) < self._p

    def apply(self, images: Tensor, parameters: Tensor) -> Tensor:
        return _flip(images, parameters, _COLUMNS)


class VerticalFlip:
    """Swap top and bottom with probability `p`. Parameters (n, 1) bool: flipped or not."""

    def __init__(self, *, p: float) -> None:
        """Take the probability. Raises BenchError outside [0, 1]."""
        check_number("VerticalFlip p", p, 0, 1)
        self._p = p

    def draw(self, indices: Tensor, epoch: int, generator: Generator) -> Tensor:
        return torch.rand(len(indices), 1, generator=generator) < self._p

    def apply(self, images: Tensor, parameters: Tensor) -> Tensor:
        return _flip(images, parameters, _ROWS)


class AlternatingFlip:
    """Swap left and right in every second epoch, so that each pair of epochs shows both sides.

    Half of the images, picked by chance, start mirrored. The pick is a fixed function of
    the image's place in the dataset, the same for every run, so an epoch needs no memory of
    the ones before it. Parameters (n, 1) bool: flipped or not. Method: K. Jordan, "94% on
    CIFAR-10 in 3.29 Seconds on a Single GPU" (arXiv:2404.00498), section 3.6.
    """

    def draw(self, indices: Tensor, epoch: int, generator: Generator) -> Tensor:
        coins = torch.Generator().manual_seed(_COINS_SEED)
        starts = torch.randint(2, (int(indices.max()) + 1,), generator=coins)[indices]
        return (starts + epoch).remainder(2).bool().unsqueeze(1)

    def apply(self, images: Tensor, parameters: Tensor) -> Tensor:
        return _flip(images, parameters, _COLUMNS)


def _flip(images: Tensor, flipped: Tensor, dimension: int) -> Tensor:
    # Both versions, then one of the two per image: copying whole images takes less time
    # than torch.where or gather on single pixels.
    count = len(images)
    both = torch.cat((images, images.flip(dimension)))
    return both.index_select(0, torch.arange(count, device=images.device) + flipped[:, 0] * count)
