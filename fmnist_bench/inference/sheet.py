"""A sheet that shows what became of an image: the original beside the net's view of it."""

from collections.abc import Collection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fmnist_bench.files import atomic_write
from fmnist_bench.inference.convert import fitted

SIDE = 448
"""Of each half, in pixels: 16 for one of a 28x28 image."""
GAP = 16

_PAPER = (128, 128, 128)  # neither background: both white and black edges stay visible


def write_sheet(folder: Path, name: str, original: Image.Image, pixels: NDArray[np.uint8]) -> Path:
    """Write `original` and, to its right, `pixels` enlarged, as `folder`/`name`.

    Raises:
        BenchError: the file cannot be written.
    """
    sheet = Image.new("RGB", (2 * SIDE + GAP, SIDE), _PAPER)
    for left, image in ((0, original), (SIDE + GAP, Image.fromarray(pixels))):
        large = max(image.size) > SIDE
        smooth = Image.Resampling.LANCZOS if large else Image.Resampling.NEAREST
        shown = fitted(image.convert("RGB"), SIDE, SIDE, smooth)
        sheet.paste(shown, (left + (SIDE - shown.width) // 2, (SIDE - shown.height) // 2))
    with atomic_write(folder / name) as file:
        sheet.save(file, "PNG")
    return folder / name


def sheet_name(path: Path, taken: Collection[str]) -> str:
    """Return the name of the sheet for the image in `path`, none of those `taken`."""
    name, number = f"{path.name}.png", 2
    while name in taken:
        name, number = f"{path.name}-{number}.png", number + 1
    return name
