"""A board as a picture: accuracy against cost, with intervals and the Pareto front."""

from itertools import pairwise, product
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter
from matplotlib.transforms import Bbox

from fmnist_bench.board.hard_images import LEAST_ACCURACY
from fmnist_bench.board.pareto import pareto_front
from fmnist_bench.board.standings import Board, read_board
from fmnist_bench.errors import BenchError
from fmnist_bench.pictures.canvas import check_format, new_figure, save, styled
from fmnist_bench.pictures.costs import COSTS, Point, points_of
from fmnist_bench.pictures.style import BLUE, INK, PALE, VERMILION

_CLAIM: dict[str, Any] = {"ls": "", "marker": "D", "ms": 5, "mfc": "none", "mec": VERMILION}
_FRONT: dict[str, Any] = {"color": BLUE, "lw": 1.2, "marker": "o", "ms": 5}
_OTHER: dict[str, Any] = {"ls": "", "marker": "o", "ms": 4, "mfc": "white", "mec": PALE}

_NAME_SIZE = 6
_ACROSS = (("left", 1), ("right", -1), ("center", 0))
_UP = (("center", 0), ("bottom", 1), ("top", -1))
"""Which edge of a name lies at its mark, and on which side of that the name then stands."""


def board_picture(results: Path, path: Path) -> Path:
    """Draw the board of the runs below `results`; `path` is a PNG or SVG.

    Raises:
        BenchError: as `read_board`, `pareto_figure` and `save`.
    """
    check_format(path)
    return save(pareto_figure(read_board(results)), path)


@styled()
def pareto_figure(board: Board) -> Figure:
    """Draw the Fashion-MNIST accuracy of `board`'s rows against each kind of cost.

    Each row stands at its cost, and is named where its name covers nothing.

    Raises:
        BenchError: no row has an accuracy to show.
    """
    points = points_of(board)
    if not points:
        raise BenchError(
            f"board: no row with a Fashion-MNIST accuracy of {100 * LEAST_ACCURACY:.0f} % or more; "
            "train one, or name other --results"
        )
    figure = new_figure(6.0)
    figure.suptitle("Fashion-MNIST: test accuracy against cost")
    panels = figure.subplots(1, len(COSTS), sharey=True)
    panels[0].set_ylabel("test accuracy (%)")
    _explain(figure, claimed=any(point.claimed for point in points))
    drawn = []
    for axes, (kind, label) in zip(panels, COSTS.items(), strict=True):
        axes.set_xlabel(label)
        axes.set_xscale("log")
        # A cost of zero has no place on a logarithmic axis.
        rows = [(cost, point) for point in points if (cost := point.costs[kind])]
        if rows:
            drawn.append((axes, rows, _draw(axes, rows)))
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # all is in its place and stays there
    for each in drawn:
        _name(*each)
    return figure


Places = list[tuple[float, float]]


def _draw(axes: Axes, rows: list[tuple[float, Point]]) -> Places:
    """Draw `rows`, with their costs; return the corners of the Pareto front, cheapest first."""
    axes.margins(y=0.04)
    low, high = min(cost for cost, _ in rows), max(cost for cost, _ in rows)
    beyond = max(2, (high / low) ** 0.2)  # room for names, which may be the whole axis
    axes.set_xlim(low / beyond, high * beyond)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 30 * low else (1,)))
    axes.xaxis.set_major_formatter(EngFormatter(sep=" "))
    axes.xaxis.set_minor_formatter(NullFormatter())
    for cost, point in rows:
        reach = [[point.accuracy - point.low], [point.high - point.accuracy]]
        axes.errorbar(cost, point.accuracy, reach, fmt="none", ecolor=INK, lw=1, capsize=2)
        for claim in point.claimed:
            axes.vlines(cost, point.accuracy, claim, color=VERMILION, linestyle=":", linewidth=1)
            axes.plot(cost, claim, **_CLAIM)
    places = {point.title: (cost, point.accuracy) for cost, point in rows}
    axes.plot(*zip(*places.values(), strict=True), **_OTHER, zorder=3)
    front = [places[title] for title in pareto_front(places)]
    line, marks = _FRONT | {"marker": ""}, _FRONT | {"ls": ""}
    axes.step(*zip(*front, strict=True), **line, where="post", zorder=1)
    axes.plot(*zip(*front, strict=True), **marks, zorder=3)
    return front


def _name(axes: Axes, rows: list[tuple[float, Point]], front: Places) -> None:
    """Write the names of `rows` beside them, those on the front first, where they fit."""
    covered = []
    for cost, point in rows:
        ends = [(cost, each) for each in (point.low, point.high, *point.claimed)]
        covered.append(_box(axes, ends).padded(3))
    for here, there in pairwise(front):
        corner = (there[0], here[1])
        covered += [_box(axes, [here, corner]), _box(axes, [corner, there])]
    for cost, point in sorted(rows, key=lambda row: (row[0], row[1].accuracy) not in front):
        for (across, x), (up, y) in product(_ACROSS, _UP):
            level = point.accuracy if x else point.low if y < 0 else point.high
            text = axes.annotate(
                point.title,
                (cost, level),
                (4 * x, 4 * y),
                textcoords="offset points",
                ha=across,
                va=up,
                size=_NAME_SIZE,
            )
            box = text.get_window_extent()
            # A picture of more dots has its letters hinted otherwise, and up to this much wider.
            spare = 0.05 * box.width
            inside = axes.bbox.x0 <= box.x0 - spare and box.x1 + spare <= axes.bbox.x1
            if inside and (x or y) and not box.count_overlaps(covered):
                covered.append(box)
                break
            text.remove()


def _box(axes: Axes, places: Places) -> Bbox:
    """Return what `places` span on the page, a dot wider on each side."""
    box = Bbox.null()
    box.update_from_data_xy(axes.transData.transform(places))
    return box.padded(1)


def _explain(figure: Figure, claimed: bool) -> None:
    key = [
        Line2D([], [], **_FRONT, label="Pareto front"),
        Line2D([], [], **_OTHER, label="other rows"),
        Line2D([], [], ls="", color=INK, marker="|", ms=11, mew=1.2, label="95 % interval"),
    ]
    if claimed:
        key.append(Line2D([], [], **_CLAIM, label="reported"))
    note = (
        "Interval: over seeds and images. Rows are named where there is room. "
        f"Rows below {100 * LEAST_ACCURACY:.0f} % are left out."
    )
    legend = figure.legend(handles=key, loc="outside lower center", ncols=len(key), title=note)
    legend.get_title().set_fontsize(8.5)
