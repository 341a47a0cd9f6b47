"""The board's second tables: intervals, ties, calibration, classes and cost of each row."""

from collections.abc import Iterable

from fmnist_bench.board.escape import escape
from fmnist_bench.board.figures import MISSING, bounds, count, duration, percent, reads
from fmnist_bench.board.standings import Standing
from fmnist_bench.board.table import table
from fmnist_bench.data.facts import dataset_facts

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
    """Return one line per row; accuracies are of Fashion-MNIST if there are runs on it."""
    return table(_DETAILS, [_line(standing) for standing in standings], right=frozenset())


def _line(standing: Standing) -> list[str]:
    row = standing.row
    fashion, main, took = row.fashion, row.main, row.resources
    assert took is not None, "only rows with runs have details"
    return [
        escape(row.title),
        bounds(fashion.seeds),
        bounds(fashion.images),
        bounds(fashion.total),
        _tied(fashion.tied),
        count(took.parameters),
        count(took.macs),
        duration(took.seconds),
        escape(took.hardware) or MISSING,
        percent(main.calibration),
        escape(" / ".join(main.confused)) if main.confused else MISSING,
        reads(took),
    ]


def per_class_table(standings: Iterable[Standing]) -> str:
    """Return the accuracy on each Fashion-MNIST class, over all runs of a row."""
    found = [(each.row.title, each.row.fashion.shares) for each in standings]
    lines = [
        [escape(title), *(percent(float(share)) for share in shares.diagonal())]
        for title, shares in found
        if shares is not None
    ]
    names = [escape(name) for name in dataset_facts("fashion_mnist").class_names]
    return table(("Row", *names), lines, right=frozenset(names))


def confusion_details(standings: Iterable[Standing]) -> str:
    """Return every row's confusion matrix, folded: true class by line, in % of it."""
    blocks = []
    for row in (standing.row for standing in standings):
        if row.main.shares is None:
            continue
        names = [escape(name) for name in row.main.dataset.class_names]
        lines = [
            [name, *(f"{100 * share:.1f}" for share in line)]
            for name, line in zip(names, row.main.shares, strict=True)
        ]
        body = table(("true / predicted", *names), lines, right=frozenset(names))
        title = escape(row.title)
        blocks.append(f"<details><summary>{title}</summary>\n\n{body}\n</details>\n")
    return "\n".join(blocks)


def _tied(titles: tuple[str, ...]) -> str:
    if not titles:
        return MISSING
    named = ", ".join(escape(title) for title in titles[:_TIES_NAMED])
    more = len(titles) - _TIES_NAMED
    return f"{named} and {more} more" if more > 0 else named
