"""From a drawing to its files: PNG and SVG, the same bytes from the same content."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from matplotlib import style
from matplotlib.figure import Figure

from fmnist_bench.errors import BenchError
from fmnist_bench.files import atomic_write
from fmnist_bench.pictures.style import DPI, RC, WIDTH

_METADATA: dict[str, dict[str, Any]] = {
    ".png": {"Software": None},
    ".svg": {"Creator": None, "Date": None, "Format": None, "Type": None},
}
"""Format -> what to leave out of it: dates and versions, which differ by the day."""

styled = partial(style.context, RC, after_reset=True)
"""Gives matplotlib the settings of `style`, whatever the user's own are; as a block or `@`."""


def new_figure(height: float) -> Figure:
    """Return an empty figure as wide as a README and `height` inches high; draw in `styled`."""
    return Figure(figsize=(WIDTH, height), layout="constrained")


def check_format(path: Path, formats: Sequence[str] = (".png", ".svg")) -> None:
    """Check that `path` names a picture we can write.

    Raises:
        BenchError: it ends in something else.
    """
    if path.suffix.lower() not in formats:
        known = " or ".join(formats)
        raise BenchError(f"{path}: format {path.suffix or '(none)'!r}, expected {known}")


@styled()
def save(figure: Figure, path: Path) -> Path:
    """Write `figure` to `path`, a PNG or SVG by its ending, over what was there.

    Raises:
        BenchError: another ending, or the file cannot be written.
    """
    check_format(path)
    suffix = path.suffix.lower()
    with atomic_write(path) as file:
        figure.savefig(file, format=suffix[1:], dpi=DPI, metadata=_METADATA[suffix])
    return path
