"""The board in a terminal: one short line per row."""

from fmnist_bench.board.column import Column
from fmnist_bench.board.figures import MISSING, percent
from fmnist_bench.board.rows import plain
from fmnist_bench.board.standings import Board, Standing

__all__ = ["plain", "terminal_table"]


def terminal_table(board: Board) -> str:
    """Return the board as plain text."""
    if not board.standings:
        return "No runs yet."
    others = [f"{plain(dataset.title)} %" for dataset in board.datasets[2:]]
    header = ["rank", "row", "Fashion %", "std", "MNIST %", *others, "runs", "classifier"]
    lines = [header, *(_line(standing) for standing in board.standings)]
    if board.local:
        header.insert(2, "validation %")
        for line, standing in zip(lines[1:], board.standings, strict=True):
            line.insert(2, percent(standing.row.main.validation))
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
