"""Random rotation, zoom and shift in one resampling."""

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from fmnist_bench.data.augment.arguments import check_number


class RandomAffine:
    """Rotate and zoom about the centre, then shift; bilinear, black where nothing was.

    The angle is uniform within +-`degrees`, the zoom within [1 - zoom, 1 + zoom] for each
    axis by itself, the shift within +-`shift` of the side on each axis. As in Keras's
    ImageDataGenerator, which names the same three ranges, the zoom is the size of the window
    that fills the image: below 1 it enlarges.

    Parameters (n, 5) float32: angle in radians, clockwise; zoom down and across; shift down
    and to the right as shares of the sides.
    """

    def __init__(self, *, degrees: float, zoom: float, shift: float) -> None:
        """Take the largest angle in degrees, and zoom and shift as fractions of 1.

        Raises:
            BenchError: `degrees` outside [0, 180], or `zoom` or `shift` outside [0, 1].
        """
        check_number("RandomAffine degrees", degrees, 0, 180)
        check_number("RandomAffine zoom", zoom, 0, 1)
        check_number("RandomAffine shift", shift, 0, 1)
        self._reach = torch.tensor([math.radians(degrees), zoom, zoom, shift, shift])

    def draw(self, indices: Tensor, epoch: int, generator: Generator) -> Tensor:
        reach = torch.rand(len(indices), 5, generator=generator) * 2 - 1
        return reach * self._reach + torch.tensor([0.0, 1.0, 1.0, 0.0, 0.0])

    def apply(self, images: Tensor, parameters: Tensor) -> Tensor:
        grid = F.affine_grid(_window(images, parameters), list(images.shape), align_corners=False)
        pixels = images if images.is_floating_point() else images.float()
        moved = F.grid_sample(pixels, grid.to(pixels.dtype), align_corners=False)
        return moved if images.is_floating_point() else moved.round_().to(images.dtype)


def _window(images: Tensor, parameters: Tensor) -> Tensor:
    """Return (B, 2, 3): where each output pixel comes from, in affine_grid's x, y in [-1, 1]."""
    height, width = images.shape[2:]
    angle, zoom_y, zoom_x, shift_y, shift_x = parameters.unbind(1)
    cos, sin = angle.cos(), angle.sin()
    # A pixel's way back: undo the shift, shrink or stretch, turn counter-clockwise.
    # The ratio of the sides keeps angles true where the unit of x is not that of y.
    from_x = torch.stack((cos * zoom_x, -sin * zoom_x * (width / height)), dim=1)
    from_y = torch.stack((sin * zoom_y * (height / width), cos * zoom_y), dim=1)
    centre = -2 * (from_x * shift_x[:, None] + from_y * shift_y[:, None])
    return torch.stack((from_x, from_y, centre), dim=2)
