"""The board in a terminal: one short line per row."""

from fmnist_bench.board.figures import MISSING, percent
from fmnist_bench.board.lines import one_line
from fmnist_bench.board.standings import Board, Standing

_HEADER = ("rank", "row", "Fashion %", "std", "MNIST %", "runs", "classifier")
_WIDEST = 40


def terminal_table(board: Board) -> str:
    """Return the board as plain text."""
    if not board.standings:
        return "No runs yet."
    lines = [_HEADER, *(_line(standing) for standing in board.standings)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(_HEADER))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _line(standing: Standing) -> tuple[str, ...]:
    row = standing.row
    fashion, mnist = row.fashion, row.columns["mnist"]
    spread = float(fashion.accuracies.std(ddof=1)) if len(fashion.runs) > 1 else None
    done = [f"{len(column.runs)}/{column.planned}" for column in (fashion, mnist) if column.planned]
    return (
        str(standing.rank) if standing.rank else row.status,
        plain(row.title),
        percent(fashion.mean) if fashion.runs else MISSING,
        percent(spread),
        percent(mnist.mean) if mnist.runs else MISSING,
        " ".join(done),
        plain(row.row.classifier),
    )


def plain(text: str) -> str:
    """Drop what could move the cursor or colour the screen, and cut what is long."""
    return one_line(text, _WIDEST)
