"""From uint8 pixels to the net's float input."""

import torch
from torch import Tensor

from fmnist_bench.data.facts import DatasetFacts
from fmnist_bench.errors import BenchError


class Scaling:
    """Turn uint8 images, of any shape, into float32 ones.

    `standardize` gives the training images mean 0 and standard deviation 1, `unit` gives
    0 to 1, `raw` 0 to 255.
    """

    def __init__(self, name: str, facts: DatasetFacts) -> None:
        """Take the scaling's name and the dataset whose mean and standard deviation count.

        Raises:
            BenchError: there is no such scaling.
        """
        ways = {
            "standardize": (1 / (255 * facts.std), -facts.mean / facts.std),
            "unit": (1 / 255, 0.0),
            "raw": (1.0, 0.0),
        }
        if name not in ways:
            raise BenchError(f"data.scaling: {name!r}, expected one of {', '.join(ways)}")
        self._factor, self._offset = ways[name]

    def __call__(self, images: Tensor) -> Tensor:
        scaled = images.to(torch.float32, copy=True)
        if self._factor != 1:
            scaled.mul_(self._factor)
        return scaled.add_(self._offset) if self._offset else scaled
