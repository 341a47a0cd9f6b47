"""Best accuracy over time: when each ranked row came onto the board, and which was best then."""

from datetime import datetime
from pathlib import Path
from typing import Any

from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from fmnist_bench.board.changes import FILE_NAME, Change, read_changes, records_of_accuracy
from fmnist_bench.board.hard_images import LEAST_ACCURACY
from fmnist_bench.board.terminal import plain
from fmnist_bench.data.facts import dataset_facts
from fmnist_bench.errors import BenchError
from fmnist_bench.pictures.canvas import check_format, new_figure, save, styled
from fmnist_bench.pictures.style import BLUE, INK, PALE

_RANKED: dict[str, Any] = {"ls": "", "marker": "o", "ms": 4, "mfc": "white", "mec": PALE}


def progress_picture(results: Path, path: Path, dataset: str) -> Path:
    """Draw the log of changes of `results`; `path` is a PNG or SVG.

    Raises:
        BenchError: there is no log, or nothing in it to show; or as `save`.
    """
    check_format(path)
    log = results / FILE_NAME
    if not log.is_file():
        raise BenchError(f"{log}: missing; fmnist-bench leaderboard --results {results} writes it")
    return save(progress_figure(read_changes(log), dataset), path)


@styled()
def progress_figure(changes: list[Change], dataset: str) -> Figure:
    """Draw the rows of `dataset` as they came to be ranked, with the mean of their first 5 seeds.

    Raises:
        BenchError: none of them is above `LEAST_ACCURACY`.
    """
    ranked = [
        each
        for each in changes
        if each["dataset"] == dataset and "place" in each and each["mean"] >= LEAST_ACCURACY
    ]
    title = dataset_facts(dataset).title
    if not ranked:
        raise BenchError(f"progress: no ranked row of {title} at {LEAST_ACCURACY:.0%} or more")
    figure = new_figure(3.6)
    axes = figure.add_subplot()
    best = records_of_accuracy(ranked, dataset)
    days, means = _places(best)
    all_days, all_means = _places(ranked)
    axes.plot(all_days, all_means, **_RANKED, label="ranked row")
    axes.step([*days, all_days[-1]], [*means, means[-1]], where="post", color=BLUE, lw=1.2)
    axes.plot(days, means, ls="", marker="o", ms=5, color=BLUE, label="best so far")
    axes.margins(x=0.2, y=0.12)
    locator = AutoDateLocator(maxticks=7)  # type: ignore[no-untyped-call]  # matplotlib's own
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.set_ylabel("mean test accuracy (%)")
    axes.set_title(f"{title}: the board's best accuracy over time")
    axes.legend(loc="lower right")
    figure.draw_without_rendering()
    covered: list[Bbox] = []
    # The latest first, which matters most where names would lie on each other.
    for day, mean, change in reversed(list(zip(days, means, best, strict=True))):
        name = f"{plain(change['row'])} {mean:.2f}"
        beside: dict[str, Any] = {
            "textcoords": "offset points",
            "ha": "right",
            "size": 6,
            "color": INK,
        }
        text = axes.annotate(name, (day, mean), (-4, 3), **beside)
        box = text.get_window_extent()
        if box.count_overlaps(covered):
            text.remove()
        covered.append(box)
    return figure


def _places(changes: list[Change]) -> tuple[list[float], list[float]]:
    """Return when the changes were, in matplotlib's days, and their accuracies in percent."""
    days = (float(date2num(datetime.fromisoformat(each["date"]))) for each in changes)  # type: ignore[no-untyped-call]
    found = sorted(zip(days, (100 * each["mean"] for each in changes), strict=True))
    return [day for day, _ in found], [mean for _, mean in found]
