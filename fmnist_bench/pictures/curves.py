"""The curves of one run: loss, accuracy and learning rate over its epochs."""

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from numpy.typing import NDArray

from fmnist_bench.board.figures import percent
from fmnist_bench.board.terminal import plain
from fmnist_bench.data.facts import title_of
from fmnist_bench.errors import BenchError
from fmnist_bench.pictures.axes import LABELS, draw_curve, finish, panels, series
from fmnist_bench.pictures.canvas import new_figure, styled
from fmnist_bench.pictures.style import LOOKS, PALE
from fmnist_bench.records.record import Record

_LOOKS = dict(zip(("train", "validation", "_rate"), LOOKS, strict=False))
"""Part of the data, as the legend names it -> how its line looks."""


@styled()
def curves_figure(record: Record) -> Figure:
    """Draw loss, accuracy and learning rate of `record`, the chosen epoch marked.

    A quantity that was never measured gets no panel, a part no line: a run without
    validation shows its training alone.

    Raises:
        BenchError: the record has no epochs.
    """
    if not record.history:
        reason = f": {record.reason}" if record.reason else ""
        raise BenchError(
            f"run {run_title(record)}: no epochs in its record ({record.status}{reason})"
        )
    curves = {kind: _curves(record, kind) for kind in LABELS}
    shown = [kind for kind in LABELS if curves[kind]]
    figure = new_figure(4.5 if len(shown) > 1 else 2.0)
    figure.suptitle(f"{run_title(record)}: {_result(record)}", wrap=True)
    named: dict[object, Artist] = {}
    for kind, axes in panels(figure, shown).items():
        for part, curve in curves[kind].items():
            draw_curve(axes, curve, _LOOKS[part], part)
        finish(axes, kind, curves[kind].values())
        if record.selection is not None and record.selection.epoch is not None:
            chosen = record.selection.epoch + 1
            label = f"chosen: epoch {chosen}"
            axes.axvline(chosen, color=PALE, ls=(0, (1, 1.5)), lw=1.4, label=label)
        named |= {line.get_label(): line for line in axes.get_legend_handles_labels()[0]}
    if named:
        figure.legend(handles=named.values(), loc="outside lower center", ncols=len(named))
    return figure


def run_title(record: Record) -> str:
    """Return what a picture calls the run of `record`."""
    data = title_of(record.data.name, record.data.digest)
    return f"{plain(record.row.name)}, seed {record.seed}, {data}"


def _curves(record: Record, kind: str) -> dict[str, NDArray[np.float64]]:
    """Return part -> curve of `kind`, of the parts that were measured at all."""
    if kind == "rate":
        curves = {"_rate": series(record.history or [], "learning_rate")}
    else:
        parts = ("train", "validation")
        curves = {part: series(record.history or [], f"{part}_{kind}") for part in parts}
    return {part: curve for part, curve in curves.items() if not np.isnan(curve).all()}


def _result(record: Record) -> str:
    scores = {"test": record.test, "validation": record.validation}
    said = [f"{name} {percent(score.accuracy)} %" for name, score in scores.items() if score]
    return ", ".join(said if record.test else ["not tested", *said])
