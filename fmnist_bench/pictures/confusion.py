"""What a run takes each class for, as a matrix of counts."""

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from numpy.typing import NDArray

from fmnist_bench.pictures.canvas import new_figure, styled
from fmnist_bench.pictures.style import INK

_GAMMA = 0.4
"""Exponent of the colour scale: at 1 % of a class a cell is already visibly tinted."""

_TICKS = (0, 1, 5, 20, 50, 100)


@styled()
def confusion_figure(matrix: NDArray[np.int64], names: Sequence[str], title: str) -> Figure:
    """Draw `matrix` (classes, classes): images of true class (row) by predicted class (column).

    Cells hold counts and are tinted by their share of the row, each row's recall beside it.
    `title` says whose matrix it is.
    """
    places = range(len(matrix))
    totals = matrix.sum(axis=1)
    shares = 100 * matrix / np.maximum(totals, 1)[:, None]
    correct, total = int(np.trace(matrix)), int(matrix.sum())
    figure = new_figure(6.4)
    result = f"test {100 * correct / max(total, 1):.2f} % ({correct:,} of {total:,} images)"
    figure.suptitle(f"{title}: {result}", wrap=True)
    axes = figure.subplots()
    tint = axes.imshow(shares, cmap="Blues", norm=PowerNorm(_GAMMA, 0, 100), aspect="auto")
    bar = figure.colorbar(tint, ax=axes, shrink=0.75, ticks=_TICKS)
    bar.set_label("share of the true class (%)")
    bar.outline.set_visible(False)
    for (row, column), count in np.ndenumerate(matrix):
        if count:
            color = "white" if shares[row, column] > 25 else INK
            text = axes.text(column, row, str(count), ha="center", va="center", color=color)
            text.set_in_layout(False)  # inside its cell; measuring a hundred of them takes time
    axes.set_xticks(places, names, rotation=35, ha="right", rotation_mode="anchor")
    axes.set_yticks(places, names)
    axes.set(xlabel="predicted class", ylabel="true class")
    recalls = [f"{shares[i, i]:.1f} %" if totals[i] else "-" for i in places]
    beside = axes.secondary_yaxis("right")
    beside.set_yticks(places, recalls)
    beside.set_ylabel("recall")
    axes.grid(False)
    for each in (axes, beside):
        each.tick_params(length=0)
        each.spines[:].set_visible(False)
    return figure
