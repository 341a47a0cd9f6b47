"""Rectangles on a batch of images."""

import torch
from torch import Tensor


def in_pixels(shares: Tensor, images: Tensor) -> Tensor:
    """Return (B, 2) sides in pixels, rows first, for `shares` (B, 2) of the images' sides."""
    # Column by column: a tensor of both sides would have to be copied to the device.
    return torch.stack([shares[:, i] * images.shape[2 + i] for i in range(2)], dim=1)


def inside(images: Tensor, starts: Tensor, sides: Tensor) -> Tensor:
    """Return (B, 1, H, W) in the images' dtype: 1 within each image's rectangle, else 0.

    `starts` and `sides` (B, 2) are in pixels, rows first.
    """
    ends = starts + sides
    rows, columns = (
        (place >= starts[:, i : i + 1]) & (place < ends[:, i : i + 1])
        for i, place in enumerate(
            torch.arange(side, device=images.device) for side in images.shape[2:]
        )
    )
    # Products of numbers take half the time of `&` with masked_fill.
    return rows.to(images.dtype)[:, None, :, None] * columns.to(images.dtype)[:, None, None, :]
