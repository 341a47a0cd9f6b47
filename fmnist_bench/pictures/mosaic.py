"""Grids of dataset images with words under them, every pixel a square of whole dots."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from fmnist_bench.errors import BenchError
from fmnist_bench.files import atomic_write
from fmnist_bench.pictures.canvas import check_format
from fmnist_bench.pictures.style import DPI, INK, WIDTH

MOST_COLUMNS = 10

_PAGE = round(WIDTH * DPI)
_EDGE, _GAP, _PAIR = 24, 24, 4
_SIZE, _TITLE, _LEADING = 22, 28, 28
_TOP = _EDGE + _TITLE + 10 + _SIZE + _GAP
_ZOOM = 8


class Tile(NamedTuple):
    """Images (28, 28) uint8 side by side, and the lines of words under them, the first bold."""

    images: tuple[NDArray[np.uint8], ...]
    lines: tuple[str, ...]


def mosaic(tiles: Sequence[Tile], columns: int, title: str, note: str) -> Image.Image:
    """Return `tiles`, all of one form, row by row under `title` and a line that explains them.

    Each pixel is a square of dots.

    Raises:
        BenchError: more columns than fit, or none.
    """
    words, bold = _font("DejaVuSans", _SIZE), _font("DejaVuSans-Bold", _SIZE)
    heading = _font("DejaVuSans-Bold", _TITLE)
    columns = min(columns, len(tiles))
    fonts = [bold, *[words] * len(tiles[0].lines)]
    lines = [each for tile in tiles for each in zip(fonts, tile.lines, strict=False)]
    widest = max(font.getlength(line) for font, line in lines)
    check_columns(columns, int((_PAGE - 2 * _EDGE + _GAP) / (widest + _GAP)))
    width = (_PAGE - 2 * _EDGE + _GAP) // columns
    height, pixels = tiles[0].images[0].shape[0], sum(each.shape[1] for each in tiles[0].images)
    between = _PAIR * (len(tiles[0].images) - 1)
    zoom = max(1, min(_ZOOM, (width - _GAP - between) // pixels))
    step = zoom * height + max(len(tile.lines) for tile in tiles) * _LEADING + _GAP
    right = max(columns * width - _GAP, heading.getlength(title), words.getlength(note))
    bottom = _TOP + -(-len(tiles) // columns) * step - _GAP + _EDGE
    page = Image.new("RGB", (2 * _EDGE + round(right), bottom), "white")
    draw = ImageDraw.Draw(page)
    draw.text((_EDGE, _EDGE), title, fill=INK, font=heading)
    draw.text((_EDGE, _EDGE + _TITLE + 10), note, fill=INK, font=words)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        left, top = _EDGE + column * width, _TOP + row * step
        for place, image in enumerate(tile.images):
            big = np.kron(image, np.ones((zoom, zoom), np.uint8))
            page.paste(Image.fromarray(big), (left + place * (big.shape[1] + _PAIR), top))
        for place, (font, line) in enumerate(zip(fonts, tile.lines, strict=False)):
            below = top + zoom * height + 4 + place * _LEADING
            draw.text((left, below), line, fill=INK, font=font)
    return page


def check_columns(columns: int, most: int = MOST_COLUMNS) -> None:
    """Check that so many columns fit.

    Raises:
        BenchError: they do not.
    """
    most = min(most, MOST_COLUMNS)
    if not 1 <= columns <= most:
        raise BenchError(f"--columns: {columns}, expected 1 to {most}, or the words would touch")


def save_mosaic(page: Image.Image, path: Path) -> Path:
    """Write `page` to `path`, a PNG, over what was there.

    Raises:
        BenchError: another ending, or the file cannot be written.
    """
    check_format(path, (".png",))
    with atomic_write(path) as file:
        page.save(file, format="PNG")
    return path


def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{name}.ttf"
    # Basic layout: the other one depends on a library that not every machine has.
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)
