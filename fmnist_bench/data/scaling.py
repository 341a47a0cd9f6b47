"""From uint8 pixels to the net's float input."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from fmnist_bench.data.arguments import check
from fmnist_bench.data.facts import DatasetFacts
from fmnist_bench.errors import BenchError

Named = Literal["standardize", "unit", "raw", "as_mnist"]
_FIXED = {
    "unit": (1 / 255, 0.0),
    "raw": (1.0, 0.0),
    "as_mnist": (1 / (255 * 0.3081), -0.1307 / 0.3081),
}


@dataclass(frozen=True)
class PixelStatistics:
    """Mean and standard deviation of each channel, in units of [0, 1]."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


def pixel_statistics(images: Tensor) -> PixelStatistics:
    """Return those of all pixels of `images` (N, C, H, W) uint8, computed from exact counts."""
    means, stds = [], []
    for channel in images.unbind(1):
        # In parts: bincount makes int64 of what it counts.
        parts = (np.bincount(part.flatten(), minlength=256) for part in torch.split(channel, 4096))
        counts, values = sum(parts, np.zeros(256, np.int64)), np.arange(256) / 255
        means.append(float(np.average(values, weights=counts)))
        stds.append(float(np.average((values - means[-1]) ** 2, weights=counts)) ** 0.5)
    return PixelStatistics(tuple(means), tuple(stds))


class Scaling:
    """Turn uint8 images (..., C, H, W) into float32 ones.

    `standardize` gives each channel of the training images mean 0 and standard deviation 1,
    `unit` gives 0 to 1, `raw` 0 to 255. `as_mnist` standardizes with the mean and deviation of
    MNIST whatever the dataset, as much published code for Fashion-MNIST does. `channels` has
    factor and offset of each channel, or one pair for all, on pixels from 0 to 255.
    """

    def __init__(self, name: str, statistics: PixelStatistics | DatasetFacts) -> None:
        """Take the scaling's name and the training images' mean and standard deviation.

        Raises:
            BenchError: there is no such scaling, or all pixels of a channel are the same,
                which cannot be standardized.
        """
        check("data.scaling", name, Named)
        means, stds = np.atleast_1d(statistics.mean, statistics.std)
        if name == "standardize" and not stds.all():
            raise BenchError(
                "data.scaling: standardize cannot scale training images whose pixels are all the "
                "same; choose unit or raw"
            )
        pairs = zip(means.tolist(), stds.tolist(), strict=True)
        self.channels: list[tuple[float, float]] = (
            [_FIXED[name]]
            if name in _FIXED
            else [(1 / (255 * std), -mean / std) for mean, std in pairs]
        )

    def __call__(self, images: Tensor) -> Tensor:
        scaled = images.to(torch.float32, copy=True)
        grey = len(self.channels) == 1
        # Numbers, not a tensor of them, which would have to be copied to the device.
        for number, (factor, offset) in enumerate(self.channels):
            channel = scaled if grey else scaled[..., number, :, :]
            if factor != 1:
                channel.mul_(factor)
            if offset:
                channel.add_(offset)
        return scaled
