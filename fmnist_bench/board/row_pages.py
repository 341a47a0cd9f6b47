"""A page of Markdown for each row, `rows/NAME.md`: figures by dataset, runs, classes, confusion."""

from collections.abc import Callable, Iterable

from fmnist_bench.board.column import Column
from fmnist_bench.board.escape import escape
from fmnist_bench.board.figures import (
    MISSING,
    bounds,
    count,
    mean_percent,
    percent,
    pflop,
    points,
    reads,
    times,
)
from fmnist_bench.board.links import host, link, row_page
from fmnist_bench.board.standings import Standing
from fmnist_bench.board.table import table

_TIES_NAMED = 12
_NOTE_LONGEST = 1000

_FIGURES: dict[str, Callable[[Column], str]] = {
    "Rank": lambda column: str(column.rank) if column.rank else escape(column.status),
    "Mean ± std (seeds), %": lambda column: mean_percent(column),
    "95 % over seeds": lambda column: bounds(column.seeds),
    "95 % over images": lambda column: bounds(column.images),
    "95 % over both": lambda column: bounds(column.total),
    "Cannot be told apart from": lambda column: _tied(column.tied),
    "Calibration error, %": lambda column: percent(column.calibration),
    "Most confused": lambda column: escape(" / ".join(column.confused or ())) or MISSING,
    "MACs of one image": lambda column: count(column.resources.macs if column.resources else None),
    "Training PFLOP": lambda column: pflop(
        column.resources.training_pflop if column.resources else None
    ),
    "Time of runs timed alone": lambda column: times(
        column.resources.train_seconds if column.resources else None
    ),
    "Hardware": lambda column: (
        escape(column.resources.hardware) or MISSING if column.resources else MISSING
    ),
    "Test reads": lambda column: (
        reads(column.resources, column.replaced_reads) if column.resources else MISSING
    ),
}


def row_pages(standings: Iterable[Standing]) -> dict[str, str]:
    """Return the pages by path; a row whose name is unfit for a file has none."""
    return {path: _page(each) for each in standings if (path := row_page(each.row))}


def _page(standing: Standing) -> str:
    row, label = standing.row, standing.row.label
    took = row.resources
    columns = [each for each in row.columns.values() if each.planned or each.runs]
    titles = [escape(column.dataset.title) for column in columns]
    code = link(host(label.code) if "//" in label.code else label.code, label.code, up=2)
    facts = {
        "Tier": standing.tier,
        "Parameters": count(took.parameters if took else None),
        "Preprocessing": escape(row.preprocessing or MISSING),
        "Submitter": escape(label.submitter),
        "Code": code,
        "Recipe": row.recipe_digest[:12],
        "Reported elsewhere, %": _reported(standing),
    }
    figures = [[name, *map(write, columns)] for name, write in _FIGURES.items()]
    parts = [
        f"# {escape(row.title)}\n",
        f"{escape(label.classifier)}. A row of the [leaderboard](../leaderboard.md).\n",
        *([f"{escape(label.note, _NOTE_LONGEST)}\n"] if label.note else []),
        *(f"{escape(s, _NOTE_LONGEST)}\n" for column in columns for s in column.sentences),
        table(("Row", ""), [[*fact] for fact in facts.items()], right=frozenset()),
        table(("Figure", *titles), figures, right=frozenset()),
        *(_classes(column) for column in columns if column.shares is not None),
        "## Runs\n",
        table(_RUN, [line for column in columns for line in _runs(column)], right=frozenset()),
    ]
    return "\n".join(parts)


_RUN = ("Dataset", "Seed", "Test, %", "Validation, %", "Epochs", "Folder")


def _runs(column: Column) -> list[list[str]]:
    title = escape(column.dataset.title)
    done = [
        [
            title,
            str(run.record.seed),
            percent(run.accuracy),
            percent(run.record.validation.accuracy if run.record.validation else None),
            str(run.record.epochs or MISSING),
            escape(run.path),
        ]
        for run in column.runs
    ]
    lost = [
        [title, str(run.record.seed), f"failed: {run.record.reason}", MISSING, MISSING, MISSING]
        for run in column.failures
    ]
    return done + lost


def _classes(column: Column) -> str:
    """Return the confusion matrix: true class by line, in percent of it; its diagonal is recall."""
    assert column.shares is not None, "asked for scored runs alone"
    names = [escape(name) for name in column.dataset.class_names]
    lines = [
        [name, *(f"{100 * share:.1f}" for share in line)]
        for name, line in zip(names, column.shares, strict=True)
    ]
    body = table(("true / predicted, %", *names), lines, right=frozenset(names))
    return f"## Classes, {escape(column.dataset.title)}\n\n{body}"


def _reported(standing: Standing) -> str:
    said = []
    for dataset, prefix in (("fashion_mnist", ""), ("mnist", "MNIST ")):
        column = standing.row.columns[dataset]
        for claimed in (claim.accuracy(dataset) for claim in standing.claims):
            if claimed is not None:
                apart = f" (here {points(column.mean - claimed)})" if column.runs else ""
                said.append(f"{prefix}{percent(claimed)}{apart}")
    return "; ".join(said) or MISSING


def _tied(titles: tuple[str, ...]) -> str:
    named = ", ".join(escape(title) for title in titles[:_TIES_NAMED])
    more = len(titles) - _TIES_NAMED
    return (f"{named} and {more} more" if more > 0 else named) or MISSING
