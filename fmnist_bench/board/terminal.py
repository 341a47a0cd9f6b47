"""The board in a terminal: one short line per row."""

from fmnist_bench.board.column import Column
from fmnist_bench.board.escape import one_line
from fmnist_bench.board.figures import MISSING, percent
from fmnist_bench.board.standings import Board, Standing

_WIDEST = 40


def terminal_table(board: Board) -> str:
    """Return the board as plain text."""
    if not board.standings:
        return "No runs yet."
    others = [f"{plain(dataset.title)} %" for dataset in board.datasets[2:]]
    header = ["rank", "row", "Fashion %", "std", "MNIST %", *others, "runs", "classifier"]
    lines = [header, *(_line(standing) for standing in board.standings)]
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _line(standing: Standing) -> list[str]:
    row = standing.row
    fashion, *others = row.columns.values()
    done = [f"{len(each.runs)}/{each.planned}" for each in row.columns.values() if each.planned]
    return [
        str(fashion.rank) if fashion.rank else plain(row.status),
        plain(row.title),
        _mean(fashion),
        percent(fashion.std),
        *(_mean(column) for column in others),
        " ".join(done),
        plain(row.label.classifier),
    ]


def _mean(column: Column) -> str:
    return percent(column.mean) if column.runs else MISSING


def plain(text: str) -> str:
    """Drop what could move the cursor or colour the screen, and cut what is long."""
    return one_line(text, _WIDEST)
