"""Axes that several pictures share: epochs, values over decades, costs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.board.figures import count

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from fmnist_bench.records.record import Epoch

_MARKED = 20
"""Up to so many epochs each has its marker."""

_WIDEST = 78
"""Letters of a title that fit the width of a picture."""

_DECADES = 100.0

LABELS = {"loss": "loss (nats per image)", "accuracy": "accuracy (%)"}


def headline(what: str, result: str) -> str:
    """Return a figure's title, on two lines where one would be wider than the picture."""
    return f"{what}: {result}" if len(what) + len(result) <= _WIDEST else f"{what}:\n{result}"


def panels(figure: "Figure", shown: Sequence[str]) -> "dict[str, Axes]":
    """Divide `figure` into a panel for each of `shown`, and a flat one, `rate`, below them."""
    layout: list[Any] = [list(shown), ["rate"] * len(shown)] if shown else [["rate"]]
    axes = figure.subplot_mosaic(layout, height_ratios=[2.2, 1] if shown else [1])
    return {str(name): each for name, each in axes.items()}


def series(history: "list[Epoch]", name: str) -> NDArray[np.float64]:
    """Return one curve, shape (epochs,): accuracies in percent, NaN where nothing was measured."""
    values = [getattr(entry, name) for entry in history]
    curve = np.array([np.nan if value is None else value for value in values], np.float64)
    return curve * 100 if name.endswith("accuracy") else curve


def marks(curve: NDArray[np.float64], marker: str) -> dict[str, Any]:
    """Return a line's marker and how often it stands: at every point where a line alone would
    hide some (few epochs, or gaps between them), else about ten times.
    """
    every = len(curve) <= _MARKED or bool(np.isnan(curve).any())
    return {"marker": marker, "markevery": 1 if every else len(curve) // 10}


def epoch_axis(axes: "Axes", epochs: int) -> None:
    """Label the x axis with whole epochs, counted from 1."""
    from matplotlib.ticker import MaxNLocator

    margin = max(0.02 * epochs, 0.25)
    axes.set_xlim(1 - margin, epochs + margin)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=9, integer=True, min_n_ticks=1))
    axes.set_xlabel("epoch")


def scale_y(axes: "Axes", curves: list[NDArray[np.float64]]) -> None:
    """Make the y axis logarithmic if the values span decades and all are above zero."""
    values = np.concatenate(curves)
    values = values[~np.isnan(values)]
    if len(values) and values.min() > 0 and values.max() / values.min() >= _DECADES:
        axes.set_yscale("log")
        plain_ticks(axes.yaxis)


def plain_ticks(axis: Any) -> None:
    """Write the ticks of a logarithmic `axis` as 0.01 and 1e-6, which stay text in an SVG."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def cost_axis(axes: "Axes", costs: NDArray[np.float64]) -> None:
    """Make the x axis a logarithmic one for `costs`, all above zero."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = np.log10(costs.min()), np.log10(costs.max())
    # Wider on the right, where discs at one cost go aside.
    left, right = max(0.12 * (high - low), 0.2), max(0.25 * (high - low), 0.3)
    axes.set_xscale("log")
    axes.set_xlim(10 ** (low - left), 10 ** (high + right))
    few_decades = high - low + left + right < 2
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if few_decades else (1,)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda cost, _: _cost(cost)))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _cost(value: float) -> str:
    return count(round(value)) if value >= 1 else f"{value:g}"


def side_steps(places: NDArray[np.float64], apart: float) -> list[float]:
    """Return how far to the right each of `places` (n, 2) goes so that all lie `apart` or more.

    Only as far as needed, and from left to right, so that the order of the first axis stays.
    """
    steps = [0.0] * len(places)
    taken: list[tuple[float, float]] = []
    for number in np.argsort(places[:, 0], kind="stable").tolist():
        x, y = places[number].tolist()
        free = x
        for a, b in sorted(taken):  # from left to right, so that none is met again
            if np.hypot(free - a, y - b) < apart:
                free = a + np.sqrt(apart**2 - (y - b) ** 2)
        taken.append((free, y))
        steps[number] = free - x
    return steps
