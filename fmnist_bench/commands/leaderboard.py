"""`fmnist-bench leaderboard`: collect run records and write the board."""

import argparse
import gc
import sys
from pathlib import Path

from fmnist_bench.board.collect import collect
from fmnist_bench.board.render import FILE_NAME, render
from fmnist_bench.board.reruns import read_reruns
from fmnist_bench.board.standings import Board, build_board
from fmnist_bench.board.terminal import terminal_table
from fmnist_bench.files import atomic_write

__all__ = ["FILE_NAME", "main"]


def main(argv: list[str]) -> int:
    """Write `leaderboard.md` into the results folder, or with `--check` compare it.

    Raises:
        BenchError: the folder is missing or cannot be written.
    """
    options = _parser().parse_args(argv)
    read = collect(options.results), *read_reruns(options.results)
    gc.freeze()  # statsmodels collects garbage on each call; spare it what was just read
    board = build_board(*read)
    path, content = options.results / FILE_NAME, render(board).encode()
    _warn(options.results, board)
    if options.check:
        if path.is_file() and path.read_bytes() == content:
            return 0
        print(
            f"{path}: not what its records give; "
            f"run fmnist-bench leaderboard --results {options.results}",
            file=sys.stderr,
        )
        return 1
    with atomic_write(path) as file:
        file.write(content)
    print(terminal_table(board))
    print(f"\n{path}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fmnist-bench leaderboard",
        description="Collect every run record below a folder into its leaderboard.md.",
    )
    parser.add_argument(
        "--results",
        type=Path,
        default=Path("outputs"),
        metavar="DIR",
        help="folder of runs (default: outputs; the official board: results)",
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if the board is outdated"
    )
    return parser


def _warn(results: Path, board: Board) -> None:
    for problem in board.unreadable:
        print(f"warning: {results}/{problem}; left out", file=sys.stderr)
