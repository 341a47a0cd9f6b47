"""The transforms that fastai v1 applies unless told otherwise."""

import math
from dataclasses import dataclass
from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Generator, Tensor

from fmnist_bench.data.arguments import Arguments, Share

_EDGE = 1e-3  # of [0, 1]: beyond it a logarithm of the odds has no end


@dataclass(frozen=True, kw_only=True, eq=False)
class FastaiTransforms(Arguments):
    """Turn, enlarge, warp and light an image, each with probability `p`.

    The angle is uniform within +-`degrees`, the zoom within 1 and `zoom` about a random point,
    and each of the four sides of the image is seen up to `warp` of half a side closer or
    farther (fastai's symmetric warp). All happen in one bilinear resampling; beyond the border
    the image is reflected. Brightness adds to the logarithm of the odds of each pixel,
    contrast multiplies it: half becomes (1 +- `light`) / 2, and the factor lies within
    1 - `light` and 1 / (1 - `light`). From memory of fastai 1.0's `get_transforms`.

    Parameters (n, 10) float32: angle in radians; zoom and its point across and down; warps of
    the upper, lower, left and right side; brightness and contrast in log odds.
    """

    p: Share
    degrees: Annotated[float, Field(ge=0, le=180)]
    zoom: Annotated[float, Field(ge=1, le=10)]
    warp: Annotated[float, Field(ge=0, le=0.5)]
    light: Annotated[float, Field(ge=0, le=0.9)]

    def draw(self, indices: Tensor, epoch: int, generator: Generator) -> Tensor:
        uniform = torch.rand(len(indices), 15, generator=generator)
        turns, zooms, warps, lights, contrasts = (uniform[:, :5] < self.p).float().unbind(1)
        drawn = uniform[:, 5:] * 2 - 1
        angle = drawn[:, 0] * math.radians(self.degrees) * turns
        zoom = 1 + (self.zoom - 1) * uniform[:, 6] * zooms
        warp = drawn[:, 4:8] * self.warp * warps[:, None]
        brightness = torch.logit((1 + drawn[:, 8] * self.light) / 2) * lights
        contrast = -drawn[:, 9] * math.log(1 - self.light) * contrasts
        columns = (angle, zoom, drawn[:, 2], drawn[:, 3], *warp.unbind(1), brightness, contrast)
        return torch.stack(columns, dim=1)

    def apply(self, images: Tensor, parameters: Tensor) -> Tensor:
        pixels = images if images.is_floating_point() else images.float()
        grid = _places(images, parameters.to(pixels.dtype))
        seen = F.grid_sample(pixels, grid, padding_mode="reflection", align_corners=False)
        brightness, contrast = (parameters[:, i, None, None, None] for i in (8, 9))
        odds = torch.logit((seen / 255).clamp(_EDGE, 1 - _EDGE))
        lit = 255 * torch.sigmoid((odds + brightness) * contrast.exp())
        # An image whose light stays is not moved by the clamp either.
        changed = (brightness != 0) | (contrast != 0)
        seen = torch.where(changed, lit, seen)
        return seen if images.is_floating_point() else seen.round_().to(images.dtype)


def _places(images: Tensor, parameters: Tensor) -> Tensor:
    """Return (B, H, W, 2): where each output pixel comes from, in grid_sample's x, y."""
    angle, zoom, across, down = (parameters[:, i, None, None] for i in range(4))
    upper, lower, left, right = (parameters[:, i, None, None] for i in range(4, 8))
    height, width = images.shape[2:]
    y, x = (
        ((torch.arange(side, device=images.device) * 2 + 1) / side - 1).to(parameters.dtype)
        for side in (height, width)
    )
    y, x = y[:, None], x[None, :]
    # The window that is enlarged lies somewhere inside the image.
    x, y = (x + across * (zoom - 1)) / zoom, (y + down * (zoom - 1)) / zoom
    # The ratio of the sides keeps angles true.
    ratio = width / height
    cos, sin = angle.cos(), angle.sin()
    x, y = cos * x + sin * y / ratio, cos * y - sin * x * ratio
    # To first order, a side that comes closer shows less of itself.
    return torch.stack(
        (
            x * (1 + (lower * (1 + y) + upper * (1 - y)) / 2),
            y * (1 + (right * (1 + x) + left * (1 - x)) / 2),
        ),
        dim=3,
    )
