"""Random crops of padded images."""

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from fmnist_bench.data.augment.arguments import check_choice, check_whole
from fmnist_bench.errors import BenchError

_MODES = ("zero", "reflect")


class RandomCrop:
    """Pad every side by `padding` pixels, then cut the original size out at a random place.

    `mode` fills the padding with black ("zero") or with the image mirrored at its border
    pixels ("reflect"). Parameters (n, 2) int64: row and column of the crop, 0 to 2 * padding.
    """

    def __init__(self, *, padding: int, mode: str) -> None:
        """Take the padding in pixels and its mode.

        Raises:
            BenchError: `padding` is not a whole number >= 0, or `mode` is unknown.
        """
        check_whole("RandomCrop padding", padding, 0)
        check_choice("RandomCrop mode", mode, _MODES)
        self._padding, self._mode = padding, mode

    def draw(self, indices: Tensor, epoch: int, generator: Generator) -> Tensor:
        return torch.randint(2 * self._padding + 1, (len(indices), 2), generator=generator)

    def apply(self, images: Tensor, parameters: Tensor) -> Tensor:
        count, channels, height, width = images.shape
        padded = self._padded(images)
        tall, wide = padded.shape[2:]
        # Every run of `width` pixels, as a view. Copying whole rows of the crop out of it
        # takes half the time of indexing single pixels.
        runs = padded.reshape(-1).unfold(0, width, 1)
        first = torch.arange(count * channels, device=images.device).view(count, channels)
        first = first * (tall * wide) + (parameters[:, :1] * wide + parameters[:, 1:])
        rows = first[..., None] + torch.arange(height, device=images.device) * wide
        return runs.index_select(0, rows.view(-1)).view(images.shape)

    def _padded(self, images: Tensor) -> Tensor:
        if self._mode == "zero":
            return F.pad(images, (self._padding,) * 4)
        height, width = images.shape[2:]
        if self._padding >= min(height, width):
            raise BenchError(
                f"RandomCrop padding: {self._padding} with mode reflect, expected less than "
                f"the images' side of {min(height, width)}"
            )
        # F.pad has no reflection of uint8 on every device.
        return _reflected(_reflected(images, self._padding, 2), self._padding, 3)


def _reflected(images: Tensor, padding: int, dimension: int) -> Tensor:
    side = images.shape[dimension]
    before = images.narrow(dimension, 1, padding).flip(dimension)
    after = images.narrow(dimension, side - 1 - padding, padding).flip(dimension)
    return torch.cat((before, images, after), dimension)
