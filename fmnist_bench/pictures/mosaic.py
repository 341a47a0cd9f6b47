"""Grids of dataset images with words under them, every pixel a square of whole dots."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.errors import BenchError
from fmnist_bench.files import atomic_write
from fmnist_bench.pictures.canvas import check_format
from fmnist_bench.pictures.style import DPI, INK, WIDTH

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

MOST_COLUMNS = 10

_PAGE = round(WIDTH * DPI)
_EDGE, _GAP, _PAIR = 24, 24, 4
_SIZE, _TITLE, _LEADING = 22, 28, 28
_TOP = _EDGE + _TITLE + 10 + _SIZE + _GAP
_ZOOM = 8


@dataclass(frozen=True)
class Tile:
    """Images (28, 28) uint8 side by side, and the lines of words under them, the first bold."""

    images: tuple[NDArray[np.uint8], ...]
    lines: tuple[str, ...]


def mosaic(tiles: Sequence[Tile], columns: int, title: str, note: str) -> "Image":
    """Return `tiles`, all of one form, row by row under `title` and a line that explains them.

    Each pixel is a square of dots.

    Raises:
        BenchError: more columns than fit, or none.
    """
    from PIL import Image, ImageDraw

    columns = min(columns, len(tiles))
    check_columns(columns, _most_columns(tiles))
    width, height, zoom = _cell(tiles[0], columns)
    step = height + max(len(tile.lines) for tile in tiles) * _LEADING + _GAP
    rows = -(-len(tiles) // columns)
    words, bold, heading = (_font(*each) for each in _FONTS)
    widest = max(heading.getlength(title), words.getlength(note))
    right = max(columns * width - _GAP, round(widest))
    page = Image.new("RGB", (2 * _EDGE + right, _TOP + rows * step - _GAP + _EDGE), "white")
    draw = ImageDraw.Draw(page)
    draw.text((_EDGE, _EDGE), title, fill=INK, font=heading)
    draw.text((_EDGE, _EDGE + _TITLE + 10), note, fill=INK, font=words)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        left, top = _EDGE + column * width, _TOP + row * step
        page.paste(_enlarged(tile.images, zoom), (left, top))
        for place, line in enumerate(tile.lines):
            where = (left, top + height + 4 + place * _LEADING)
            draw.text(where, line, fill=INK, font=words if place else bold)
    return page


def check_columns(columns: int, most: int = MOST_COLUMNS) -> None:
    """Check that so many columns fit.

    Raises:
        BenchError: they do not.
    """
    if not 1 <= columns <= most:
        raise BenchError(f"--columns: {columns}, expected 1 to {most}, or the words would touch")


def _most_columns(tiles: Sequence[Tile]) -> int:
    words, bold, _ = (_font(*each) for each in _FONTS)
    lines = {(place == 0, line) for tile in tiles for place, line in enumerate(tile.lines)}
    widest = max((bold if first else words).getlength(line) for first, line in lines)
    return min(MOST_COLUMNS, int((_PAGE - 2 * _EDGE + _GAP) / (widest + _GAP)))


def save_mosaic(page: "Image", path: Path) -> Path:
    """Write `page` to `path`, a PNG, over what was there.

    Raises:
        BenchError: another ending, or the file cannot be written.
    """
    check_format(path, (".png",))
    with atomic_write(path) as file:
        page.save(file, format="PNG")
    return path


_FONTS = (("DejaVuSans", _SIZE), ("DejaVuSans-Bold", _SIZE), ("DejaVuSans-Bold", _TITLE))


def _font(name: str, size: int) -> "FreeTypeFont":
    import matplotlib
    from PIL import ImageFont

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    # Basic layout: the other one depends on a library that not every machine has.
    return ImageFont.truetype(folder / f"{name}.ttf", size, layout_engine=ImageFont.Layout.BASIC)


def _enlarged(images: Sequence[NDArray[np.uint8]], zoom: int) -> "Image":
    """Return `images` side by side on white, each pixel `zoom` dots wide and high."""
    from PIL import Image

    dot = np.ones((zoom, zoom), np.uint8)
    between = np.full((images[0].shape[0] * zoom, _PAIR), 255, np.uint8)
    strips = [strip for image in images for strip in (between, np.kron(image, dot))]
    return Image.fromarray(np.hstack(strips[1:]))


def _cell(tile: Tile, columns: int) -> tuple[int, int, int]:
    """Return the width of a column, the height of its image, and the dots to a pixel's side."""
    room = (_PAGE - 2 * _EDGE + _GAP) // columns - _GAP
    pixels = sum(image.shape[1] for image in tile.images)
    pairs = _PAIR * (len(tile.images) - 1)
    zoom = max(1, min(_ZOOM, (room - pairs) // pixels))
    return room + _GAP, zoom * tile.images[0].shape[0], zoom
