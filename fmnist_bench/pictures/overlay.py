"""The curves of several runs over each other, the seeds of one recipe as a band."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from fmnist_bench.errors import BenchError
from fmnist_bench.pictures.axes import LABELS, draw_curve, finish, panels
from fmnist_bench.pictures.bands import Band, band_of, groups_of
from fmnist_bench.pictures.canvas import check_format, new_figure, save, styled
from fmnist_bench.pictures.style import LOOKS
from fmnist_bench.records.find import find_runs
from fmnist_bench.records.record import Record, read_record


def compare_picture(texts: Sequence[str], dataset: str, roots: Sequence[Path], path: Path) -> Path:
    """Draw the runs, or all runs on `dataset` of the rows, that `texts` name; a PNG or SVG.

    Raises:
        BenchError: as `find_runs`, `read_record`, `overlay_figure` and `save`.
    """
    check_format(path)
    folders = [folder for text in texts for folder in find_runs(text, dataset, roots)]
    return save(overlay_figure([read_record(folder) for folder in folders]), path)


@styled()
def overlay_figure(records: Sequence[Record]) -> Figure:
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
    figure = new_figure(4.7 + 0.2 * len(groups))
    for kind, panel in panels(figure, shown).items():
        edges = []
        for look, band in zip(LOOKS, bands[kind], strict=False):
            if band is not None:
                epochs = np.arange(1, len(band.mean) + 1)
                panel.fill_between(epochs, band.low, band.high, color=look.color, alpha=0.2, lw=0)
                draw_curve(panel, band.mean, look)
                edges += [band.low, band.high]
        finish(panel, kind, edges)
    parts = [_part(bands, number) for number in range(len(groups))]
    alike = set(parts) in ({"validation"}, {"training"})
    mixed = "Validation or training curves, as named below"
    figure.suptitle(f"{parts[0].capitalize()} curves" if alike else mixed)
    handles = [
        Line2D([], [], **look._asdict(), label=f"{group.title}: {group.result} ({part} curves)")
        for group, look, part in zip(groups, LOOKS, parts, strict=False)
    ]
    over = any(len(group.records) > 1 for group in groups)
    note = "Line: mean over seeds, band: lowest to highest seed" if over else None
    figure.legend(handles=handles, loc="outside lower center", title=note)
    return figure


def _part(bands: dict[str, list[Band | None]], number: int) -> str:
    """Return which images the curves of a group are of: validation, training, or which where."""
    drawn = {kind: band.part for kind, each in bands.items() if (band := each[number])}
    said = {kind: part for kind, part in drawn.items() if kind != "rate"} or {"rate": "no"}
    if len(set(said.values())) == 1:
        return next(iter(said.values()))
    return ", ".join(f"{kind}: {part}" for kind, part in said.items())
