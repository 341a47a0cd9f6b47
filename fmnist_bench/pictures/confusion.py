"""What a run takes each class for, as a matrix of counts."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.pictures.axes import headline
from fmnist_bench.pictures.canvas import new_figure
from fmnist_bench.pictures.style import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_GAMMA = 0.4
"""Exponent of the colour scale: at 1 % of a class a cell is already visibly tinted."""

_TICKS = (0, 1, 5, 20, 50, 100)


def confusion_figure(matrix: NDArray[np.int64], names: Sequence[str], title: str) -> "Figure":
    """Draw `matrix` (10, 10): images of true class (row) by predicted class (column).

    Cells hold counts and are tinted by their share of the row, each row's recall beside it.
    `title` says whose matrix it is.
    """
    from matplotlib.colors import PowerNorm

    totals = matrix.sum(axis=1, keepdims=True)
    shares = 100 * matrix / np.maximum(totals, 1)
    figure = new_figure(6.4)
    correct, total = int(np.trace(matrix)), int(matrix.sum())
    result = f"test {100 * correct / max(total, 1):.2f} % ({correct:,} of {total:,} images)"
    figure.suptitle(headline(title, result))
    axes = figure.subplots()
    tint = axes.imshow(shares, cmap="Blues", norm=PowerNorm(_GAMMA, 0, 100), aspect="auto")
    bar = figure.colorbar(tint, ax=axes, shrink=0.75, pad=0.1, ticks=_TICKS)
    bar.set_label("share of the true class (%)")
    bar.outline.set_visible(False)
    _write_counts(axes, matrix, shares)
    _name_classes(axes, names)
    _write_recalls(axes, np.diag(shares), totals[:, 0])
    return figure


def _write_counts(axes: "Axes", matrix: NDArray[np.int64], shares: NDArray[np.float64]) -> None:
    for (row, column), count in np.ndenumerate(matrix):
        if count:
            color = "white" if shares[row, column] > 25 else INK
            text = axes.text(column, row, str(count), ha="center", va="center", color=color)
            text.set_in_layout(False)  # inside its cell; measuring a hundred of them takes time


def _name_classes(axes: "Axes", names: tuple[str, ...]) -> None:
    axes.set_xticks(range(len(names)), names, rotation=35, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
    axes.tick_params(length=0)
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _write_recalls(axes: "Axes", recalls: NDArray[np.float64], totals: NDArray[np.int64]) -> None:
    place = len(recalls) - 0.35
    axes.text(place, -0.7, "recall", weight="bold", va="center")
    for row, (recall, total) in enumerate(zip(recalls, totals, strict=True)):
        said = f"{recall:.1f} %" if total else "-"
        axes.text(place, row, said, va="center", color=INK)
