"""The board as Markdown. A pure function: the same board gives the same bytes."""

from fmnist_bench.board.column import Column
from fmnist_bench.board.details import confusion_details, details_table, per_class_table
from fmnist_bench.board.escape import escape
from fmnist_bench.board.figures import (
    MISSING,
    accuracy,
    mean_percent,
    mean_seconds,
    percent,
    points,
)
from fmnist_bench.board.links import host, link
from fmnist_bench.board.reported_tables import claims_markdown
from fmnist_bench.board.standings import Board, Standing
from fmnist_bench.board.table import table

FILE_NAME = "leaderboard.md"
CLAIMS_NAME = "claims.md"

HEADER = (
    "Classifier",
    "Preprocessing",
    "Fashion test accuracy",
    "MNIST test accuracy",
    "Submitter",
    "Code",
    "Rank",
    "Mean ± std (runs), %",
    "Time",
    "Reported elsewhere (difference), %",
    "Tier",
)
"""The published table's six columns, then ours."""

_NOTE_LONGEST = 10_000

_INTRODUCTION = """\
# Leaderboard

Made by `fmnist-bench leaderboard` from the run records and predictions in this folder; do not
edit. Every accuracy is recomputed from the stored predictions of the 10,000 test images. Ranks
come from paired tests with Holm's correction: a row ranked 2-4 has one row that is better beyond
chance, and shares its place with those that the details name. A row is ranked from 5 seeds on;
with 3 or 4 it is provisional. Time is given for speed runs: from the first use of a training image
to the last prediction, on the hardware that the details name.
"""

_LEGEND = """\
Tiers: *evidenced*: predictions and config are stored here; *reproduced*: an independent re-run
landed within tolerance as well; *failed*: no run has finished. What others report, and a verdict
on it, is in [claims.md](claims.md).
"""


def render(board: Board) -> str:
    """Return the whole board."""
    parts = [_INTRODUCTION, main_table(board)]
    if board.notes:
        parts.append("".join(f"- {escape(note, _NOTE_LONGEST)}\n" for note in board.notes))
    parts.append(_LEGEND)
    scored = [standing for standing in board.standings if standing.row.runs]
    if scored:
        parts += ["## Details\n", details_table(scored)]
        parts += ["## Accuracy per class, %\n", per_class_table(scored)]
        parts += ["## Confusion matrices\n", confusion_details(scored)]
    return "\n".join(parts)


def documents(board: Board) -> dict[str, str]:
    """Return the files of the board by name: its own, and the claims where some were run here."""
    measured = {
        (standing.row.label.name, dataset): column.accuracies
        for standing in board.standings
        if standing.claims
        for dataset, column in standing.row.columns.items()
        if column.runs
    }
    files = {FILE_NAME: render(board)}
    if measured:
        files[CLAIMS_NAME] = claims_markdown(board.claims, measured)
    return files


def main_table(board: Board) -> str:
    """Return the first table, which has one line per row."""
    if not board.standings:
        return "No runs yet.\n"
    # Other data has its columns beside MNIST; what is known of it fits into one cell.
    others = [f"{escape(dataset.title)}, mean ± std (runs), %" for dataset in board.datasets[2:]]
    header = (*HEADER[:4], *others, *HEADER[4:])
    lines = [_line(standing) for standing in board.standings]
    return table(header, lines, right=frozenset(header[2 : 4 + len(others)]))


def _line(standing: Standing) -> list[str]:
    row, label = standing.row, standing.row.label
    fashion, mnist, *others = row.columns.values()
    return [
        escape(label.classifier + row.mark),
        escape(row.preprocessing or MISSING),
        _cell(accuracy(fashion.mean) if fashion.runs else MISSING, fashion),
        _cell(accuracy(mnist.mean) if mnist.runs else MISSING, mnist),
        *(_cell(_mean(column), column) for column in others),
        escape(label.submitter),
        link(host(label.code) if "//" in label.code else label.code, label.code),
        str(fashion.rank) if fashion.rank else escape(row.status),
        _mean(fashion),
        mean_seconds(fashion.resources.timed_seconds if fashion.resources else None),
        _reported(standing),
        standing.tier,
    ]


def _cell(figure: str, column: Column) -> str:
    return f"{figure} ({column.gap})" if column.gap else figure


def _mean(column: Column) -> str:
    runs = len(column.runs)
    return mean_percent(column.mean, column.std, runs) if runs else MISSING


def _reported(standing: Standing) -> str:
    lines = []
    for dataset, prefix in (("fashion_mnist", ""), ("mnist", "MNIST ")):
        column = standing.row.columns[dataset]
        for claim in standing.claims:
            claimed = claim.accuracy(dataset)
            if claimed is None:
                continue
            text = f"{prefix}{percent(claimed)}"
            if column.runs:
                text += f" ({points(column.mean - claimed)})"
            lines.append(text)
    return "; ".join(lines) or MISSING
