"""Mirror images. Parameters (n, 1) bool: flipped or not."""

from typing import ClassVar

import torch
from torch import Generator, Tensor

from fmnist_bench.data.augment.arguments import check_number

_COINS_SEED = 0


class _Flip:
    _dimension: ClassVar[int] = 3

    def apply(self, images: Tensor, parameters: Tensor) -> Tensor:
        # Both versions, then one of the two per image: copying whole images takes less time
        # than torch.where or gather on single pixels.
        count = len(images)
        both = torch.cat((images, images.flip(self._dimension)))
        chosen = torch.arange(count, device=images.device) + parameters[:, 0] * count
        return both.index_select(0, chosen)


class HorizontalFlip(_Flip):
    """Swap left and right with probability `p`."""

    def __init__(self, *, p: float) -> None:
        """Take the probability. Raises BenchError outside [0, 1]."""
        check_number(f"{type(self).__name__} p", p, 0, 1)
        self._p = p

    def draw(self, indices: Tensor, epoch: int, generator: Generator) -> Tensor:
        return torch.rand(len(indices), 1, generator=generator) < self._p


class VerticalFlip(HorizontalFlip):
    """Swap top and bottom with probability `p`."""

    _dimension = 2


class AlternatingFlip(_Flip):
    """Swap left and right in every second epoch, so that each pair of epochs shows both sides.

    Half of the images, picked by chance, start mirrored. The pick is a fixed function of
    the image's place in the dataset, the same for every run, so an epoch needs no memory of
    the ones before it. Method: K. Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU"
    (arXiv:2404.00498), section 3.6.
    """

    def draw(self, indices: Tensor, epoch: int, generator: Generator) -> Tensor:
        coins = torch.Generator().manual_seed(_COINS_SEED)
        starts = torch.randint(2, (int(indices.max()) + 1,), generator=coins)[indices]
        return (starts + epoch).remainder(2).bool().unsqueeze(1)
