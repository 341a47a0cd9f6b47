"""The curves of one run: loss, accuracy and learning rate over its epochs."""

from typing import TYPE_CHECKING

import numpy as np

from fmnist_bench.board.figures import percent
from fmnist_bench.board.terminal import plain
from fmnist_bench.data.facts import DATASETS
from fmnist_bench.errors import BenchError
from fmnist_bench.pictures.axes import LABELS, epoch_axis, headline, marks, panels, scale_y, series
from fmnist_bench.pictures.canvas import new_figure
from fmnist_bench.pictures.style import GREEN, LOOKS, PALE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from fmnist_bench.records.record import Record

_PARTS = {"train": LOOKS[0], "validation": LOOKS[1]}


def curves_figure(record: "Record") -> "Figure":
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
    shown = [kind for kind in LABELS if _curves(record, kind)]
    figure = new_figure(4.5 if shown else 2.0)
    figure.suptitle(headline(run_title(record), _result(record)))
    axes = panels(figure, shown)
    for kind in shown:
        _draw(axes[kind], record, kind)
    _draw_rate(axes["rate"], record)
    for each in axes.values():
        _mark_chosen(each, record)
    lines = {str(line.get_label()): line for each in axes.values() for line in each.get_lines()}
    named = [line for name, line in lines.items() if not name.startswith("_")]
    if named:
        figure.legend(handles=named, loc="outside lower center", ncols=len(named))
    return figure


def run_title(record: "Record") -> str:
    """Return what a picture calls the run of `record`."""
    return f"{plain(record.row.name)}, seed {record.seed}, {dataset_title(record.dataset)}"


def dataset_title(name: str) -> str:
    """Return the published name of dataset `name`, or `name` for one that we do not know."""
    return DATASETS[name].title if name in DATASETS else name


def _curves(record: "Record", kind: str) -> dict[str, "np.typing.NDArray[np.float64]"]:
    """Return part -> curve of `kind`, of the parts that were measured at all."""
    curves = {part: series(record.history or [], f"{part}_{kind}") for part in _PARTS}
    return {part: curve for part, curve in curves.items() if not np.isnan(curve).all()}


def _draw(axes: "Axes", record: "Record", kind: str) -> None:
    curves = _curves(record, kind)
    epochs = np.arange(1, len(record.history or []) + 1)
    for part, curve in curves.items():
        color, style, marker = _PARTS[part]
        axes.plot(epochs, curve, c=color, ls=style, label=part, **marks(curve, marker))
    scale_y(axes, list(curves.values()))
    axes.set_ylabel(LABELS[kind])
    epoch_axis(axes, len(epochs))


def _draw_rate(axes: "Axes", record: "Record") -> None:
    rate = series(record.history or [], "learning_rate")
    epochs = np.arange(1, len(rate) + 1)
    axes.plot(epochs, rate, c=GREEN, ls="-", **marks(rate, LOOKS[2].marker))
    scale_y(axes, [rate])
    axes.set_ylabel("learning rate")
    epoch_axis(axes, len(epochs))


def _mark_chosen(axes: "Axes", record: "Record") -> None:
    selection = record.selection
    if selection is None or selection.epoch is None:
        return
    chosen = selection.epoch + 1
    axes.axvline(
        chosen, color=PALE, linestyle=(0, (1, 1.5)), linewidth=1.4, label=f"chosen: epoch {chosen}"
    )


def _result(record: "Record") -> str:
    scores = {"test": record.test, "validation": record.validation}
    said = [f"{name} {percent(score.accuracy)} %" for name, score in scores.items() if score]
    if record.test is None:
        said.insert(0, "not tested")
    return ", ".join(said)
