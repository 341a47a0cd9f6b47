"""The curves of several runs over each other, the seeds of one recipe as a band."""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING

import numpy as np

from fmnist_bench.board.figures import percent
from fmnist_bench.errors import BenchError
from fmnist_bench.pictures.axes import LABELS, epoch_axis, marks, panels, scale_y
from fmnist_bench.pictures.bands import Band, Group, band_of, band_of_series, groups_of
from fmnist_bench.pictures.canvas import check_format, new_figure, save, styled
from fmnist_bench.pictures.style import LOOKS, Look
from fmnist_bench.records.find import find_runs
from fmnist_bench.records.record import Record, read_record

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def compare_picture(texts: Sequence[str], dataset: str, roots: Sequence[Path], path: Path) -> Path:
    """Draw the runs, or all runs on `dataset` of the rows, that `texts` name; a PNG or SVG.

    Raises:
        BenchError: as `find_runs`, `read_record`, `overlay_figure` and `save`.
    """
    check_format(path)
    folders = [folder for text in texts for folder in find_runs(text, dataset, roots)]
    with styled():
        return save(overlay_figure([read_record(folder) for folder in folders]), path)


def overlay_figure(records: Sequence[Record]) -> "Figure":
    """Draw loss, accuracy and learning rate of `records`, one line and band per group.

    Raises:
        BenchError: none of them has epochs, or there are more groups than looks.
    """
    groups = groups_of(records)
    if not groups:
        raise BenchError("compare: no epochs in these records; name runs that finished")
    if len(groups) > len(LOOKS):
        raise BenchError(
            f"compare: {len(groups)} recipes, expected up to {len(LOOKS)} to tell them apart; "
            "name fewer"
        )
    bands = {kind: [band_of(group, kind) for group in groups] for kind in LABELS}
    shown = [kind for kind in LABELS if any(bands[kind])]
    bands["rate"] = [band_of_series(group, "train", "learning_rate") for group in groups]
    figure = new_figure(4.7 + 0.2 * ((len(groups) + 1) // 2))
    for kind, panel in panels(figure, shown).items():
        for look, each in zip(LOOKS, bands[kind], strict=False):
            if each is not None:
                _draw(panel, each, look)
        drawn = [each for each in bands[kind] if each is not None]
        scale_y(panel, [edge for each in drawn for edge in (each.low, each.high)])
        epoch_axis(panel, max(len(each.mean) for each in drawn))
        panel.set_ylabel(LABELS.get(kind, "learning rate"))
    _explain(figure, groups, bands)
    return figure


def _draw(axes: "Axes", band: Band, look: Look) -> None:
    epochs = np.arange(1, len(band.mean) + 1)
    axes.fill_between(epochs, band.low, band.high, color=look.color, alpha=0.2, linewidth=0)
    axes.plot(epochs, band.mean, c=look.color, ls=look.linestyle, **marks(band.mean, look.marker))


def _explain(figure: "Figure", groups: list[Group], bands: dict[str, list[Band | None]]) -> None:
    from matplotlib.lines import Line2D

    handles = []
    for number, (group, look) in enumerate(zip(groups, LOOKS, strict=False)):
        parts = {each.part for kind in LABELS if (each := bands[kind][number]) is not None}
        title = f"{group.title}: {_summary(group)}"
        title += " (training curves)" if parts == {"train"} else ""
        handles.append(Line2D([], [], **look._asdict(), label=title))
    figure.legend(handles=handles, loc="outside lower center", ncols=min(len(groups), 2))
    over = max(len(group.records) for group in groups) > 1
    note = "; line: mean over seeds, band: lowest to highest seed" if over else ""
    figure.suptitle(f"Validation curves{note}" if _validated(bands) else f"Training curves{note}")


def _validated(bands: dict[str, list[Band | None]]) -> bool:
    return any(each and each.part == "validation" for kind in LABELS for each in bands[kind])


def _summary(group: Group) -> str:
    runs = group.records
    seeds = f"seed {runs[0].seed}" if len(runs) == 1 else f"{len(runs)} seeds"
    tested = [run.test.accuracy for run in runs if run.test]
    return f"{seeds}, test {percent(mean(tested))} %" if tested else f"{seeds}, not tested"
