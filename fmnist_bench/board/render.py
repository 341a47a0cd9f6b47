"""The board as Markdown. A pure function: the same board gives the same bytes."""

from fmnist_bench.board.column import Column
from fmnist_bench.board.details import confusion_details, details_table, per_class_table
from fmnist_bench.board.escape import escape
from fmnist_bench.board.figures import MISSING, accuracy, mean_seconds, percent, points
from fmnist_bench.board.links import host, link
from fmnist_bench.board.preprocessing import preprocessing
from fmnist_bench.board.reported_tables import reported_tables
from fmnist_bench.board.standings import Board, Standing
from fmnist_bench.board.table import table

FILE_NAME = "leaderboard.md"

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

_PROBLEMS_NAMED = 20
_RIGHT = frozenset(HEADER[2:4])

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
landed within tolerance as well; *failed*: no run has finished. What others report is further
down.
"""


def render(board: Board) -> str:
    """Return the whole board."""
    parts = [_INTRODUCTION, main_table(board)]
    notes = _notes(board)
    if notes:
        parts.append("\n".join(f"- {note}" for note in notes) + "\n")
    parts.append(_LEGEND)
    scored = [standing for standing in board.standings if standing.row.runs]
    if scored:
        parts += ["## Details\n", details_table(scored)]
        parts += ["## Accuracy per class, %\n", per_class_table(scored)]
        parts += ["## Confusion matrices\n", confusion_details(scored)]
    parts += reported_tables(board)
    return "\n".join(parts)


def main_table(board: Board) -> str:
    """Return the first table, which has one line per row."""
    if not board.standings:
        return "No runs yet.\n"
    return table(HEADER, [_line(standing) for standing in board.standings], right=_RIGHT)


def _line(standing: Standing) -> list[str]:
    row = standing.row
    label, fashion = row.row, row.fashion
    config = row.record.config if row.runs else None
    mark = f" [{row.recipe[:6]}]" if row.shares_name else ""
    return [
        escape(label.classifier + mark),
        escape(preprocessing(config)) if config is not None else MISSING,
        _cell(fashion),
        _cell(row.columns["mnist"]),
        escape(label.submitter),
        link(host(label.code) if "//" in label.code else label.code, label.code),
        str(standing.rank) if standing.rank else row.status,
        _mean(fashion),
        mean_seconds(fashion.timed),
        _reported(standing),
        standing.tier,
    ]


def _cell(column: Column) -> str:
    figure = accuracy(column.mean) if column.runs else MISSING
    return f"{figure} ({column.gap})" if column.gap else figure


def _mean(column: Column) -> str:
    if not column.runs:
        return MISSING
    runs = len(column.runs)
    if runs == 1:
        return f"{percent(column.mean)} (1)"
    return f"{percent(column.mean)} ± {percent(float(column.accuracies.std(ddof=1)))} ({runs})"


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


def _notes(board: Board) -> list[str]:
    notes = [f"{count} left out: {reason}." for reason, count in board.left_out.items()]
    if board.duplicates:
        notes.append(f"{board.duplicates} left out: second copies of a run shown here.")
    if board.unreadable:
        listed = "; ".join(escape(str(problem)) for problem in board.unreadable[:_PROBLEMS_NAMED])
        if len(board.unreadable) > _PROBLEMS_NAMED:
            listed += "; and others"
        noun = "record" if len(board.unreadable) == 1 else "records"
        notes.append(f"{len(board.unreadable)} unreadable {noun} left out: {listed}.")
    return notes
