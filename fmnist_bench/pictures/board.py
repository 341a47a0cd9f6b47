"""A board as a picture: accuracy against cost, with intervals and the Pareto front."""

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from fmnist_bench.board.figures import percent
from fmnist_bench.board.hard_images import LEAST_ACCURACY
from fmnist_bench.board.standings import Board, read_board
from fmnist_bench.errors import BenchError
from fmnist_bench.pictures.axes import cost_axis, side_steps
from fmnist_bench.pictures.canvas import check_format, new_figure, save, styled
from fmnist_bench.pictures.costs import COSTS, Point, pareto_front, points_of
from fmnist_bench.pictures.style import BLUE, INK, PALE, VERMILION

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLUMNS = 3

_CLAIM: dict[str, Any] = {
    "ls": "",
    "marker": "D",
    "ms": 6,
    "mfc": "none",
    "mec": VERMILION,
    "mew": 1.4,
}

_NOTE = (
    "Interval: over seeds and images. Discs that would overlap step to the right of their cost. "
    f"Rows below {100 * LEAST_ACCURACY:.0f} % are left out."
)

_PANEL = (175.0, 240.0)
"""Width and height of a panel, in points and roughly."""

_DISC = 13.0
"""Across a row's numbered disc, in points."""


def board_picture(results: Path, path: Path) -> Path:
    """Draw the board of the runs below `results`; `path` is a PNG or SVG.

    Raises:
        BenchError: as `read_board`, `pareto_figure` and `save`.
    """
    check_format(path)
    with styled():
        return save(pareto_figure(read_board(results)), path)


def pareto_figure(board: Board) -> "Figure":
    """Draw the Fashion-MNIST accuracy of `board`'s rows against each kind of cost.

    Raises:
        BenchError: no row has an accuracy to show.
    """
    points = points_of(board)
    if not points:
        raise BenchError(
            f"board: no row with a Fashion-MNIST accuracy of {100 * LEAST_ACCURACY:.0f} % or more; "
            "train one, or name other --results"
        )
    figure = new_figure(4.2 + 0.19 * -(-len(points) // _COLUMNS))
    figure.suptitle("Fashion-MNIST: test accuracy against cost")
    panels = figure.subplots(1, len(COSTS), sharey=True)
    bottom = 100 * min(min((point.low, *point.claimed)) for point in points)
    top = 100 * max(max((point.high, *point.claimed)) for point in points)
    margin = 0.04 * (top - bottom)
    for panel, (kind, label) in zip(panels, COSTS.items(), strict=True):
        panel.set_ylim(bottom - margin, top + margin)
        _draw(panel, points, kind)
        panel.set_xlabel(label)
    panels[0].set_ylabel("test accuracy (%)")
    _explain(figure, panels[-1], points)
    return figure


def _draw(axes: "Axes", points: list[Point], kind: str) -> None:
    from matplotlib.transforms import ScaledTranslation

    # A cost of zero has no place on a logarithmic axis.
    shown = [i for i, point in enumerate(points) if point.costs[kind]]
    costs = np.array([points[i].costs[kind] for i in shown], np.float64)
    heights = 100 * np.array([points[i].accuracy for i in shown])
    axes.set_xscale("log")
    if not len(costs):
        return
    cost_axis(axes, costs)
    front = pareto_front(costs.tolist(), heights.tolist())
    axes.step(costs[front], heights[front], where="post", color=BLUE, linewidth=1.2, zorder=1)
    places = axes.transAxes.inverted().transform(
        axes.transData.transform(np.column_stack([costs, heights]))
    )
    inch = axes.get_figure(root=True).dpi_scale_trans  # type: ignore[union-attr]  # it has a figure
    for place, step in enumerate(side_steps(places * _PANEL, _DISC)):
        moved = axes.transData + ScaledTranslation(step / 72, 0, inch)
        aside = {"transform": moved, "clip_on": False}
        _draw_row(axes, aside, points[shown[place]], costs[place])
        colors = ("white", BLUE, BLUE) if place in front else (INK, "white", PALE)
        _draw_disc(axes, aside, shown[place] + 1, (costs[place], heights[place]), colors)


def _draw_row(axes: "Axes", aside: dict[str, Any], point: Point, cost: float) -> None:
    interval = [100 * point.low, 100 * point.high]
    axes.plot([cost, cost], interval, color=INK, lw=1.4, marker="", zorder=2, **aside)
    for claim in point.claimed:
        apart = [100 * point.accuracy, 100 * claim]
        axes.plot([cost, cost], apart, ":", color=VERMILION, lw=1, zorder=1.5, **aside)
        axes.plot(cost, 100 * claim, zorder=3, **_CLAIM, **aside)


def _draw_disc(
    axes: "Axes",
    aside: dict[str, Any],
    number: int,
    where: tuple[float, float],
    colors: tuple[str, str, str],
) -> None:
    ink, face, edge = colors
    axes.plot(*where, "o", ms=_DISC - 1, mfc=face, mec=edge, zorder=4, **aside)
    x, y = where
    text = axes.text(x, y, str(number), color=ink, fontsize=7.5, zorder=5, **aside)
    text.set(ha="center", va="center_baseline")


def _explain(figure: "Figure", corner: "Axes", points: list[Point]) -> None:
    from matplotlib.lines import Line2D

    key = [
        Line2D([], [], color=BLUE, marker="o", ms=9, label="Pareto front"),
        Line2D([], [], ls="", color=INK, marker="|", ms=11, mew=1.4, label="95 % interval"),
    ]
    if any(point.claimed for point in points):
        key.append(Line2D([], [], **_CLAIM, label="reported"))
    corner.legend(handles=key, loc="lower right", fontsize=8.5)
    names = [
        Line2D([], [], ls="", label=f"{number}  {point.title}: {percent(point.accuracy)} %")
        for number, point in enumerate(points, 1)
    ]
    figure.legend(
        handles=names,
        loc="outside lower center",
        ncols=_COLUMNS,
        handlelength=0,
        handletextpad=0,
        title=_note(points),
        title_fontsize=8.5,
    )


def _note(points: list[Point]) -> str:
    # Seconds on one processor are no measure of a row trained on another.
    machines = sorted({point.hardware for point in points if point.costs["seconds"]})
    if len(machines) < 2:
        return _NOTE
    said = f"Times are from several kinds of hardware: {'; '.join(machines)}."
    return f"{_NOTE}\n{fill(said, len(_NOTE))}"
