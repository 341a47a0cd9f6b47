"""The board's second tables: intervals, ties, calibration, classes and cost of each row."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.board.calibration import calibration_error
from fmnist_bench.board.confusion import confusion_matrix, most_confused
from fmnist_bench.board.escape import escape
from fmnist_bench.board.figures import MISSING, bounds, count, duration, percent
from fmnist_bench.board.standings import Standing
from fmnist_bench.board.table import table
from fmnist_bench.data.facts import dataset_facts
from fmnist_bench.data.labels import test_labels

_TIES_NAMED = 4

_DETAILS = (
    "Row",
    "95 % over seeds",
    "95 % over images",
    "95 % over both",
    "Cannot be told apart from",
    "Parameters",
    "MACs",
    "Training time",
    "Hardware",
    "Calibration error, %",
    "Most confused",
    "Test reads",
)


def details_table(standings: Iterable[Standing]) -> str:
    """Return one line per row; figures are of Fashion-MNIST if there are runs on it."""
    return table(_DETAILS, [_line(standing) for standing in standings], right=frozenset())


def _line(standing: Standing) -> list[str]:
    row, record = standing.row, standing.row.record
    first, second, _ = most_confused(_confusion(standing))
    names = dataset_facts(_dataset(standing)).class_names
    errors = [
        calibration_error(run.predictions.confidence, run.hits)
        for run in row.columns[_dataset(standing)].runs
        if run.predictions is not None
    ]
    reads = sum(run.record.test_reads for run in row.runs)
    return [
        escape(row.title),
        bounds(standing.seeds),
        bounds(standing.images),
        bounds(standing.total),
        _tied(standing.tied),
        count(record.parameters),
        count(record.macs),
        duration(row.seconds),
        escape(row.hardware),
        percent(sum(errors) / len(errors)),
        escape(f"{names[first]} / {names[second]}"),
        f"{reads} in {len(row.runs)} runs",
    ]


def per_class_table(standings: Iterable[Standing]) -> str:
    """Return the accuracy on each Fashion-MNIST class, over all runs of a row."""
    names = dataset_facts("fashion_mnist").class_names
    lines = []
    for standing in standings:
        if not standing.row.fashion.runs:
            continue
        matrix = _confusion(standing)
        shares = np.diag(matrix) / matrix.sum(axis=1)
        lines.append([escape(standing.row.title), *(percent(float(share)) for share in shares)])
    return table(("Row", *map(escape, names)), lines, right=frozenset(map(escape, names)))


def confusion_details(standings: Iterable[Standing]) -> str:
    """Return every row's confusion matrix, folded: true class by line, in % of it."""
    blocks = []
    for standing in standings:
        names = [escape(name) for name in dataset_facts(_dataset(standing)).class_names]
        matrix = _confusion(standing)
        shares = matrix / matrix.sum(axis=1, keepdims=True)
        lines = [
            [name, *(f"{100 * share:.1f}" for share in line)]
            for name, line in zip(names, shares, strict=True)
        ]
        body = table(("true / predicted", *names), lines, right=frozenset(names))
        title = escape(standing.row.title)
        blocks.append(f"<details><summary>{title}</summary>\n\n{body}\n</details>\n")
    return "\n".join(blocks)


def _dataset(standing: Standing) -> str:
    return "fashion_mnist" if standing.row.fashion.runs else "mnist"


def _confusion(standing: Standing) -> NDArray[np.int64]:
    name = _dataset(standing)
    predicted = [
        run.predictions.classes
        for run in standing.row.columns[name].runs
        if run.predictions is not None
    ]
    return confusion_matrix(test_labels(name), np.stack(predicted))


def _tied(titles: tuple[str, ...]) -> str:
    if not titles:
        return MISSING
    named = ", ".join(escape(title) for title in titles[:_TIES_NAMED])
    more = len(titles) - _TIES_NAMED
    return f"{named} and {more} more" if more > 0 else named
