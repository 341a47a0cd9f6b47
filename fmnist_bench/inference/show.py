"""A picture that shows what became of an image: the original beside the net's view of it."""

import io
from collections.abc import Collection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fmnist_bench.files import atomic_write

ENLARGED = 16
"""Side of a square that shows one pixel of the net's view."""

_SIDE = 28 * ENLARGED
_GAP = 16
_PAPER = (128, 128, 128)  # neither background: both white and black edges stay visible


def write_comparison(
    folder: Path, name: str, original: Image.Image, pixels: NDArray[np.uint8]
) -> Path:
    """Write `original` and, to its right, `pixels` (28, 28) enlarged, as `folder`/`name`.

    Raises:
        BenchError: the file cannot be written.
    """
    left = _fitted(_visible(original))
    right = Image.fromarray(pixels).resize((_SIDE, _SIDE), Image.Resampling.NEAREST)
    sheet = Image.new("RGB", (2 * _SIDE + _GAP, _SIDE), _PAPER)
    sheet.paste(left, ((_SIDE - left.width) // 2, (_SIDE - left.height) // 2))
    sheet.paste(right.convert("RGB"), (_SIDE + _GAP, 0))
    content = io.BytesIO()
    sheet.save(content, "PNG")
    with atomic_write(folder / name) as file:
        file.write(content.getvalue())
    return folder / name


def comparison_name(path: Path, taken: Collection[str]) -> str:
    """Return the name of the comparison for the image in `path`, none of those `taken`."""
    name, number = f"{path.name}.png", 2
    while name in taken:
        name, number = f"{path.name}-{number}.png", number + 1
    return name


def _visible(original: Image.Image) -> Image.Image:
    if original.mode in ("I", "F") or original.mode.startswith("I;16"):
        values = np.asarray(original).astype(np.float64)
        low, high = values.min(), values.max()
        shades = np.rint((values - low) * (255 / max(high - low, 1e-12)))
        return Image.fromarray(shades.astype(np.uint8)).convert("RGB")
    if original.has_transparency_data:
        paper = Image.new("RGBA", original.size, (*_PAPER, 255))
        return Image.alpha_composite(paper, original.convert("RGBA")).convert("RGB")
    return original.convert("RGB")


def _fitted(image: Image.Image) -> Image.Image:
    factor = _SIDE / max(image.size)
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    smooth = Image.Resampling.LANCZOS if factor < 1 else Image.Resampling.NEAREST
    return image.resize(size, smooth)
