"""Curves over a run's epochs, and the panels that hold them."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter
from numpy.typing import NDArray

from fmnist_bench.pictures.style import Look
from fmnist_bench.records.record import Epoch

LABELS = {"loss": "loss (nats per image)", "accuracy": "accuracy (%)", "rate": "learning rate"}

_MARKED = 20
"""Up to so many epochs each has its marker."""

_DECADES = 100.0


def panels(figure: Figure, shown: Sequence[str]) -> dict[str, Axes]:
    """Divide `figure` into a panel for each of `shown`, `rate` flat and below the others."""
    upper = [kind for kind in shown if kind != "rate"]
    layout: list[Any] = [upper, ["rate"] * len(upper)] if upper else [["rate"]]
    return figure.subplot_mosaic(layout, height_ratios=[2.2, 1] if upper else [1])


def series(history: Sequence[Epoch], name: str) -> NDArray[np.float64]:
    """Return one curve, shape (epochs,): accuracies in percent, NaN where nothing was measured."""
    curve = np.array([getattr(entry, name) for entry in history], np.float64)
    return curve * 100 if name.endswith("accuracy") else curve


def draw_curve(axes: Axes, curve: NDArray[np.float64], look: Look, label: str = "_curve") -> None:
    """Draw `curve` from epoch 1 on; a label that begins with _ stays out of legends.

    Markers stand at every point where a line alone would hide some (few epochs, or gaps
    between them), else about ten times.
    """
    every = len(curve) <= _MARKED or bool(np.isnan(curve).any())
    epochs = np.arange(1, len(curve) + 1)
    mark = 1 if every else len(curve) // 10
    axes.plot(epochs, curve, **look._asdict(), markevery=mark, label=label)


def finish(axes: Axes, kind: str, curves: Collection[NDArray[np.float64]]) -> None:
    """Label a panel with epochs and its kind; logarithmic if `curves` span decades above zero."""
    values = np.concatenate(list(curves))
    low, high = np.nanmin(values), np.nanmax(values)
    if low > 0 and high / low >= _DECADES:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")  # which stays text in an SVG
        axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_ylabel(LABELS[kind])
    epochs = max(map(len, curves))
    margin = max(0.02 * epochs, 0.25)
    axes.set_xlim(1 - margin, epochs + margin)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=9, integer=True, min_n_ticks=1))
    axes.set_xlabel("epoch")
