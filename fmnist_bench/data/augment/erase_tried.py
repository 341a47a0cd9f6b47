"""Random erasing as its authors' code has it."""

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from fmnist_bench.data.augment.arguments import check_number
from fmnist_bench.data.augment.rectangles import inside

_TRIES = 8
"""The authors try 100 times. At areas up to 0.4 and aspects from 0.3 to 3.33 a try in 20 fails,
so that one image in 10^10 runs out of eight."""


class TriedErasing:
    """Fill one rectangle, with probability `p`, with one grey level.

    Its share of the image is uniform within `area`, its aspect (height by width) uniform
    within `aspect`, its sides are rounded to pixels; what does not fit is drawn again, and its
    place is uniform among those where it lies inside. `may_span` lets it reach from border to
    border. Method: the code of Zhong et al., "Random Erasing Data Augmentation"
    (arXiv:1708.04896), where `RandomErasing` follows the paper.

    Parameters (n, 19) float32, uniform in [0, 1): chance, place down and across, and for each
    of 8 tries area and aspect.
    """

    def __init__(
        self, *, p: float, area: Sequence[float], aspect: Sequence[float], grey: int, may_span: bool
    ) -> None:
        """Take the probability, the ranges [low, high] and the grey level, 0 to 255.

        Raises:
            BenchError: `p` or `area` outside [0, 1], `aspect` not positive, or no grey level.
        """
        check_number("TriedErasing p", p, 0, 1)
        for bound in area:
            check_number("TriedErasing area", bound, 0, 1)
        for bound in aspect:
            check_number("TriedErasing aspect", bound, 0.001, 1000)
        check_number("TriedErasing grey", grey, 0, 255)
        self._p, self._grey, self._may_span = p, grey, may_span
        self._area, self._aspect = tuple(area), tuple(aspect)

    def draw(self, indices: Tensor, epoch: int, generator: Generator) -> Tensor:
        return torch.rand(len(indices), 3 + 2 * _TRIES, generator=generator)

    def apply(self, images: Tensor, parameters: Tensor) -> Tensor:
        height, width = images.shape[2:]
        area = self._within(self._area, parameters[:, 3 : 3 + _TRIES]) * (height * width)
        aspect = self._within(self._aspect, parameters[:, 3 + _TRIES :])
        tall, wide = (area * aspect).sqrt().round(), (area / aspect).sqrt().round()
        span = int(self._may_span)
        fits = (tall < height + span) & (wide < width + span)
        first = fits.int().argmax(1, keepdim=True)
        hit = (parameters[:, :1] < self._p) & fits.any(1, keepdim=True)
        sides = torch.cat((tall.gather(1, first), wide.gather(1, first)), dim=1) * hit
        free = torch.stack((height + 1 - sides[:, 0], width + 1 - sides[:, 1]), dim=1)
        erased = inside(images, (parameters[:, 1:3] * free).floor(), sides)
        return images * (1 - erased) + erased * self._grey

    def _within(self, bounds: tuple[float, ...], uniform: Tensor) -> Tensor:
        low, high = bounds
        return low + uniform * (high - low)
