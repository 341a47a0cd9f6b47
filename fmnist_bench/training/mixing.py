"""Mixing pairs of training images and their labels."""

from dataclasses import dataclass
from typing import Annotated, Protocol

import torch
from pydantic import Field
from scipy.special import betaincinv
from torch import Generator, Tensor

from fmnist_bench.data.arguments import Arguments, Share

Alpha = Annotated[float, Field(ge=0.001, le=1000)]


class Mixing(Protocol):
    """Chance and change apart, as in `fmnist_bench.data.augment.Augmentation`.

    Each image is mixed with its neighbour in the epoch's shuffled order: the first with the
    second, the third with the fourth. So what happens to the epoch's i-th image depends
    neither on the batch size nor on the number of processes, as long as each process's
    share of a batch is even; the last of an odd number has no neighbour and stays.
    """

    def draw(self, count: int, generator: Generator) -> Tensor:
        """Return random parameters (count, k) float32, on the CPU, for one epoch's images."""
        ...

    def apply(self, images: Tensor, targets: Tensor, parameters: Tensor) -> tuple[Tensor, Tensor]:
        """Return mixed images (B, 1, H, W) and targets (B, classes); the inputs stay.

        `targets` are probabilities; `parameters` (B, k) are rows that `draw` returned, on
        the images' device. Only tensor operations of fixed shape, so that no step waits for
        the host.
        """
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class Mixup(Arguments):
    """Average two images: share * own + (1 - share) * neighbour's, and the labels alike.

    With probability `p` an image's share is drawn from Beta(`alpha`, `alpha`), else it is 1.
    Method: Zhang et al., "mixup: Beyond Empirical Risk Minimization" (arXiv:1710.09412), with
    a share for each image, where the authors' code has one for each batch.

    Parameters (n, 1): the share.
    """

    alpha: Alpha
    p: Share

    def draw(self, count: int, generator: Generator) -> Tensor:
        uniform = torch.rand(count, 2, generator=generator)
        return _shares(uniform, self.alpha, self.p)[:, None]

    def apply(self, images: Tensor, targets: Tensor, parameters: Tensor) -> tuple[Tensor, Tensor]:
        neighbours = _neighbours(images)
        mixed = torch.lerp(images[neighbours], images, parameters[:, :, None, None])
        return mixed, torch.lerp(targets[neighbours], targets, parameters)


@dataclass(frozen=True, kw_only=True, eq=False)
class CutMix(Arguments):
    """Paste a rectangle of the neighbour; the labels are averaged by the areas.

    With probability `p` an image's share is drawn from Beta(`alpha`, `alpha`). The rectangle
    has the image's proportions and 1 - share of its area, lies around a random pixel, and is
    cut off where it leaves the image; what is left of it counts. Method: Yun et al., "CutMix:
    Regularization Strategy to Train Strong Classifiers with Localizable Features"
    (arXiv:1905.04899), with a rectangle for each image, where the authors' code has one for
    each batch.

    Parameters (n, 3): the share, and the rectangle's centre down and across in [0, 1).
    """

    alpha: Alpha
    p: Share

    def draw(self, count: int, generator: Generator) -> Tensor:
        uniform = torch.rand(count, 4, generator=generator)
        shares = _shares(uniform[:, :2], self.alpha, self.p)
        return torch.cat((shares[:, None], uniform[:, 2:]), dim=1)

    def apply(self, images: Tensor, targets: Tensor, parameters: Tensor) -> tuple[Tensor, Tensor]:
        share, down, across = parameters.unbind(1)
        reach = (1 - share).sqrt() / 2
        rows = _near(down, reach, images.shape[2])
        columns = _near(across, reach, images.shape[3])
        neighbours = _neighbours(images)
        pasted = rows[:, None, :, None] & columns[:, None, None, :]
        mixed = torch.where(pasted, images[neighbours], images)
        left = 1 - rows.float().mean(1, keepdim=True) * columns.float().mean(1, keepdim=True)
        return mixed, torch.lerp(targets[neighbours], targets, left)


def _neighbours(images: Tensor) -> Tensor:
    """Return the index of each image's neighbour: 1, 0, 3, 2, ..."""
    count = len(images)
    return (torch.arange(count, device=images.device) ^ 1).clamp(max=count - 1)


def _near(centre: Tensor, reach: Tensor, side: int) -> Tensor:
    """Return (B, side) bool: which of the side's pixels lie in the rectangle.

    `centre` in [0, 1) and `reach`, half of the rectangle, are shares of the side.
    """
    middle, half = (centre * side).floor()[:, None], (reach * side).floor()[:, None]
    places = torch.arange(side, device=centre.device)
    return (places >= middle - half) & (places < middle + half)


def _shares(uniform: Tensor, alpha: float, p: float) -> Tensor:
    """Return (n,): Beta(alpha, alpha) by inversion of column 0, or 1 where column 1 says so."""
    beta = betaincinv(alpha, alpha, uniform[:, 0].double().numpy())
    return torch.where(uniform[:, 1] < p, torch.from_numpy(beta).float(), 1.0)
