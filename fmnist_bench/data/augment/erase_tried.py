"""Random erasing as its authors' code has it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import torch
from pydantic import Field
from torch import Generator, Tensor

from fmnist_bench.data.arguments import ORDERED, Arguments, Share
from fmnist_bench.data.augment.rectangles import inside

_TRIES = 8
"""The authors try 100 times. At areas up to 0.4 and aspects from 0.3 to 3.33 a try in 20 fails,
so that one image in 10^10 runs out of eight."""


Aspect = Annotated[float, Field(ge=0.001, le=1000)]


@dataclass(frozen=True, kw_only=True, eq=False)
class TriedErasing(Arguments):
    """Fill one rectangle, with probability `p`, with one grey level.

    Its share of the image is uniform within `area`, its aspect (height by width) uniform
    within `aspect`, its sides are rounded to pixels; what does not fit is drawn again, and its
    place is uniform among those where it lies inside. `may_span` lets it reach from border to
    border. Method: the code of Zhong et al., "Random Erasing Data Augmentation"
    (arXiv:1708.04896), where `RandomErasing` follows the paper.

    Parameters (n, 19) float32, uniform in [0, 1): chance, place down and across, and for each
    of 8 tries area and aspect.
    """

    p: Share
    area: Annotated[Sequence[Share], ORDERED]
    aspect: Annotated[Sequence[Aspect], ORDERED]
    grey: Annotated[int, Field(ge=0, le=255)]
    may_span: bool

    def draw(self, indices: Tensor, epoch: int, generator: Generator) -> Tensor:
        return torch.rand(len(indices), 3 + 2 * _TRIES, generator=generator)

    def apply(self, images: Tensor, parameters: Tensor) -> Tensor:
        height, width = images.shape[2:]
        area = _within(self.area, parameters[:, 3 : 3 + _TRIES]) * (height * width)
        aspect = _within(self.aspect, parameters[:, 3 + _TRIES :])
        tall, wide = (area * aspect).sqrt().round(), (area / aspect).sqrt().round()
        span = int(self.may_span)
        fits = (tall < height + span) & (wide < width + span)
        first = fits.int().argmax(1, keepdim=True)
        hit = (parameters[:, :1] < self.p) & fits.any(1, keepdim=True)
        sides = torch.cat((tall.gather(1, first), wide.gather(1, first)), dim=1) * hit
        free = torch.stack((height + 1 - sides[:, 0], width + 1 - sides[:, 1]), dim=1)
        erased = inside(images, (parameters[:, 1:3] * free).floor(), sides)
        return images * (1 - erased) + erased * self.grey


def _within(bounds: Sequence[float], uniform: Tensor) -> Tensor:
    low, high = bounds
    return low + uniform * (high - low)
