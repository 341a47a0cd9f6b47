"""Small pictures of a finished run, for trackers that show images and no tables."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fmnist_bench.tracking.ending import HardImage

_CELL, _PER_ROW = 24, 8


def confusion_picture(confusion: NDArray[np.int64]) -> Image.Image:
    """Draw counts (10, 10) as grey cells, darkest = all images of that row's label."""
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    cells = (255 * (1 - shares)).round().astype(np.uint8)
    return Image.fromarray(cells.repeat(_CELL, axis=0).repeat(_CELL, axis=1))


def hardest_picture(hardest: tuple[HardImage, ...]) -> Image.Image | None:
    """Draw the images eight in a row, hardest first; None if there are no pixels."""
    images = [hard.image for hard in hardest if hard.image is not None]
    if not images:
        return None
    missing = -len(images) % _PER_ROW
    tiles = np.stack(images + [np.zeros_like(images[0])] * missing)
    rows = tiles.reshape(-1, _PER_ROW, 28, 28).swapaxes(1, 2)
    return Image.fromarray(rows.reshape(-1, _PER_ROW * 28))


def png(picture: Image.Image) -> bytes:
    """Return the picture as the content of a PNG file."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()
