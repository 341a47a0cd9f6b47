"""The board as Markdown. Pure functions: the same board gives the same bytes."""

from fmnist_bench.board.column import Column
from fmnist_bench.board.escape import escape
from fmnist_bench.board.figures import MISSING, accuracy, count, mean_percent, pflop, times
from fmnist_bench.board.links import host, link, row_page
from fmnist_bench.board.reported_tables import claims_markdown
from fmnist_bench.board.row_pages import row_pages
from fmnist_bench.board.standings import Board, Standing
from fmnist_bench.board.table import table

FILE_NAME = "leaderboard.md"
CLAIMS_NAME = "claims.md"

HEADER = ("Rank", "Classifier", "Fashion", "MNIST", "Parameters", "PFLOP", "Time", "Tier")
PUBLISHED = (
    "Classifier",
    "Preprocessing",
    "Fashion test accuracy",
    "MNIST test accuracy",
    "Submitter",
    "Code",
)
"""The columns of the published table."""

_NOTE_LONGEST = 10_000

_INTRODUCTION = """\
# Leaderboard

Made by `fmnist-bench leaderboard` from the run records and predictions in this folder; do not
edit. What others report, and a verdict on it, is in [claims.md](claims.md); each row links to its
intervals, ties, classes and runs; `leaderboard.csv` has every figure, and
[ledger.jsonl](ledger.jsonl) every read of the test set behind a row, with those of runs that made
way for others.
"""

_LEGEND = """\
Accuracies, in percent, are mean ± standard deviation over (seeds), recomputed from the stored
predictions of the 10,000 test images. Ranks come from paired tests with Holm's correction: of a row
ranked 2-4, one row is better beyond chance, or better than a row of lower mean that may still stand
above it. A row is ranked from 5 seeds on. With 3 or 4 it is *provisional*; it stands *after a look*
where seeds or recipe were chosen when results of the row on the test set were known. Both stand
where their accuracy puts them, outside the tests, whose p values would not hold for them. PFLOP:
10^15 floating-point operations of one training as executed, 6 for each multiply-accumulate and
image, without pretraining. Time: median training time (lowest to highest) of the runs during which
nothing else ran; a dash where no run is known to have been alone.

Tiers: *evidenced*: predictions and config are stored here; *reproduced*: seeds that a hash of the
row drew, trained again from a clean commit, are equivalent to it within 0.5 points (two one-sided t
tests at 5 %, as many seeds as give 80 % power, or all), on the *same* or an *other machine*;
*unverified*: predictions alone, or submitted or implausible, and not reproduced by anyone else;
*failed*: no run has finished.
"""


def render(board: Board) -> str:
    """Return the board's own page: one line for each row."""
    notes = "".join(f"- {escape(note, _NOTE_LONGEST)}\n" for note in board.notes)
    return "\n".join([_INTRODUCTION, main_table(board), *([notes] if notes else []), _LEGEND])


def documents(board: Board) -> dict[str, str]:
    """Return the files of the board by path: its own, the rows', and the claims if any was run."""
    files = {FILE_NAME: render(board)}
    if measured := board.measured:
        files[CLAIMS_NAME] = claims_markdown(board.claims, measured, published_table(board))
    return files | row_pages(board.standings)


def published_table(board: Board) -> str:
    """Return the rows in the columns of the published table."""
    lines = [_published(standing) for standing in board.standings if standing.row.runs]
    return table(PUBLISHED, lines, right=frozenset(PUBLISHED[2:4]))


def main_table(board: Board) -> str:
    """Return the table of `HEADER`, with a column more for each dataset of one's own."""
    if not board.standings:
        return "No runs yet.\n"
    others = [escape(dataset.title) for dataset in board.datasets[2:]]
    lines = [_line(standing) for standing in board.standings]
    return table((*HEADER[:4], *others, *HEADER[4:]), lines, right=frozenset(HEADER[4:6]))


def _line(standing: Standing) -> list[str]:
    row, took = standing.row, standing.row.main.resources
    title, path = escape(row.label.classifier + row.mark), row_page(row)
    rank = row.fashion.rank
    return [
        str(rank) if rank else escape(row.status),
        f"[{title}]({path})" if path else title,
        *(mean_percent(column) for column in row.columns.values()),
        count(took.parameters if took else None),
        pflop(took.training_pflop if took else None),
        times(took.train_seconds if took else None),
        standing.tier,
    ]


def _published(standing: Standing) -> list[str]:
    label, row = standing.row.label, standing.row
    return [
        escape(label.classifier + row.mark),
        escape(row.preprocessing or MISSING),
        _accuracy(row.fashion),
        _accuracy(row.columns["mnist"]),
        escape(label.submitter),
        link(host(label.code) if "//" in label.code else label.code, label.code),
    ]


def _accuracy(column: Column) -> str:
    figure = accuracy(column.mean) if column.runs else MISSING
    return f"{figure} ({column.gap})" if column.gap else figure
