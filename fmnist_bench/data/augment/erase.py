"""Rectangles that are blotted out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from pydantic import AfterValidator, Field
from torch import Generator, Tensor

from fmnist_bench.data.arguments import ORDERED, Arguments, Count, Share
from fmnist_bench.data.augment.rectangles import in_pixels, inside

# Whole numbers below this are exact in float32, which carries the parameters.
_NOISE_SEEDS = 2**24


def _around_one(aspect: Sequence[float]) -> Sequence[float]:
    if not aspect[0] <= 1 <= aspect[1]:
        raise ValueError("[low, high] with 0 < low <= 1 <= high")
    return aspect


Aspect = Annotated[float, Field(gt=0, allow_inf_nan=False)]


@dataclass(frozen=True, kw_only=True, eq=False)
class RandomErasing(Arguments):
    """Fill one rectangle, with probability `p`, with black ("zero") or random pixels ("noise").

    The rectangle's share of the image is uniform within `area`; its aspect (height by width)
    is log-uniform within the part of `aspect` at which that share fits into a square image;
    its place is uniform among those where it lies inside. Method: Zhong et al., "Random
    Erasing Data Augmentation" (arXiv:1708.04896), which draws again until the rectangle fits.

    Parameters (n, 5) float32: height and width as shares of the image's sides (0 where
    nothing is erased), place down and across in [0, 1), seed of the noise.
    """

    p: Share
    area: Annotated[Sequence[Share], ORDERED]
    aspect: Annotated[Sequence[Aspect], ORDERED, AfterValidator(_around_one)]
    value: Literal["zero", "noise"]

    def draw(self, indices: Tensor, epoch: int, generator: Generator) -> Tensor:
        uniform = torch.rand(len(indices), 6, generator=generator)
        chance, area, aspect, down, across, seed = uniform.unbind(1)
        area = torch.lerp(torch.tensor(self.area[0]), torch.tensor(self.area[1]), area)
        low, high = (torch.tensor(math.log(bound)) for bound in self.aspect)
        # Neither side exceeds the image as long as |log aspect| <= -log area.
        slack = -area.log()
        aspect = torch.lerp(torch.maximum(low, -slack), torch.minimum(high, slack), aspect).exp()
        chosen = chance < self.p
        height, width = (area * aspect).sqrt() * chosen, (area / aspect).sqrt() * chosen
        return torch.stack((height, width, down, across, (seed * _NOISE_SEEDS).floor()), dim=1)

    def apply(self, images: Tensor, parameters: Tensor) -> Tensor:
        sides = in_pixels(parameters[:, 0:2], images).round()
        # A place in [0, 1) picks one of the (side of image - side + 1) that lie inside.
        free = in_pixels(torch.ones_like(sides), images) - sides + 1
        starts = (parameters[:, 2:4] * free).floor()
        erased = inside(images, starts, sides)
        kept = images * (1 - erased)
        return kept if self.value == "zero" else kept + erased * _noise(images, parameters[:, 4])


@dataclass(frozen=True, kw_only=True, eq=False)
class Cutout(Arguments):
    """Blacken, with probability `p`, a square of `size` pixels around a random pixel.

    The square is cut off where it leaves the image. Method: DeVries and Taylor, "Improved
    Regularization of Convolutional Neural Networks with Cutout" (arXiv:1708.04552).
    Parameters (n, 3) float32: 1 where the image is cut, place down and across in [0, 1).
    """

    size: Count
    p: Share

    def draw(self, indices: Tensor, epoch: int, generator: Generator) -> Tensor:
        parameters = torch.rand(len(indices), 3, generator=generator)
        parameters[:, 0] = (parameters[:, 0] < self.p).float()
        return parameters

    def apply(self, images: Tensor, parameters: Tensor) -> Tensor:
        centres = in_pixels(parameters[:, 1:3], images).floor()
        sides = (parameters[:, :1] * self.size).expand(-1, 2)
        return images * (1 - inside(images, centres - self.size // 2, sides))


def _noise(images: Tensor, seeds: Tensor) -> Tensor:
    """Return pixels uniform in 0..255, a function of each image's seed and the place alone.

    Hashes (seed, place) with the last steps of MurmurHash3 (A. Appleby, public domain), in
    int64 of which the low 32 bits are kept.
    """
    low = 0xFFFFFFFF
    places = torch.arange(images[0].numel(), device=images.device)
    mixed = (seeds.long()[:, None] * 0x9E3779B1 + places * 0x85EBCA77) & low
    mixed = ((mixed ^ (mixed >> 16)) * 0x85EBCA6B) & low
    mixed = ((mixed ^ (mixed >> 13)) * 0xC2B2AE35) & low
    return ((mixed ^ (mixed >> 16)) & 255).to(images.dtype).view(images.shape)
