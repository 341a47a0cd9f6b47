"""How every picture looks: colours that the colour-blind can tell apart, sizes for a README."""

from typing import Any, NamedTuple

WIDTH = 8.3
"""Inches. At 100 units to the inch this is the 830 pixels that code hosts give a README."""

DPI = 200
"""Dots to the inch of a PNG: two for each pixel of a README, for screens of high resolution."""

INK, PALE, GRID = "#222222", "#767676", "#dddddd"

BLUE, VERMILION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
ORANGE, SKY, BLACK = "#E69F00", "#56B4E9", "#000000"

COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK)
"""Okabe and Ito 2008, "Color universal design"; without its yellow, too pale for a line."""


class Look(NamedTuple):
    """What sets one line apart from the others, with and without its colour."""

    color: str
    linestyle: Any
    marker: str


_DASHES = ("-", "--", "-.", ":", (0, (5, 1.5, 1, 1.5, 1, 1.5)), (0, (8, 2)), (0, (2, 1.5)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")

LOOKS = tuple(Look(*each) for each in zip(COLOURS, _DASHES, _MARKERS, strict=True))

RC: dict[Any, Any] = {
    "font.family": ["DejaVu Sans"],  # comes with matplotlib, so every machine draws the same
    "font.size": 9.5,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.labelsize": 9.5,
    "axes.titlesize": 10,
    "axes.edgecolor": PALE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "legend.handlelength": 2.6,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.5,
    "figure.facecolor": "white",
    "figure.titlesize": 11,
    "figure.titleweight": "bold",
    "savefig.facecolor": "white",
    # Text stays text in an SVG, and equal pictures are equal files.
    "svg.fonttype": "none",
    "svg.hashsalt": "fmnist-bench",
}
"""Settings of matplotlib; nothing of a user's own matplotlibrc takes part."""
