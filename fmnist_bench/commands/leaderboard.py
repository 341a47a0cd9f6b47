"""`fmnist-bench leaderboard`: collect run records and write the board."""

import argparse
import gc
import sys
from collections.abc import Mapping
from pathlib import Path

from fmnist_bench.board.collect import Collected, collect
from fmnist_bench.board.render import FILE_NAME, render
from fmnist_bench.board.reruns import read_reruns
from fmnist_bench.board.standings import Board, build_board
from fmnist_bench.board.terminal import terminal_table
from fmnist_bench.files import atomic_write

__all__ = ["FILE_NAME", "main"]


def main(argv: list[str]) -> int:
    """Write `leaderboard.md` into the results folder, or with `--check` compare it.

    With `--html` the same is done to `leaderboard.html` as well.

    Raises:
        BenchError: the folder is missing or cannot be written.
    """
    options = _parser().parse_args(argv)
    collected, reruns = collect(options.results), read_reruns(options.results)
    gc.freeze()  # statsmodels collects garbage on each call; spare it what was just read
    board = build_board(collected, *reruns)
    contents = {FILE_NAME: render(board).encode()}
    _warn(options.results, board)
    if options.html:
        contents |= _page(options.results, board, collected)
    if options.check:
        return _check(options.results, contents)
    for name, content in contents.items():
        with atomic_write(options.results / name) as file:
            file.write(content)
    print(terminal_table(board))
    print()
    for name in contents:
        print(options.results / name)
    return 0


def _page(results: Path, board: Board, collected: Collected) -> dict[str, bytes]:
    # Only for --html: what these import is not needed for the Markdown board.
    from fmnist_bench.board.page import html
    from fmnist_bench.board.page.build import build_page
    from fmnist_bench.paths import cache_dir

    content = build_page(results, board, collected.runs, cache_dir(), _warning)
    return {html.FILE_NAME: content}


def _check(results: Path, contents: Mapping[str, bytes]) -> int:
    outdated = [
        results / name
        for name, content in contents.items()
        if not (results / name).is_file() or (results / name).read_bytes() != content
    ]
    for path in outdated:
        option = "" if path.name == FILE_NAME else " --html"
        print(
            f"{path}: not what its records give; "
            f"run fmnist-bench leaderboard --results {results}{option}",
            file=sys.stderr,
        )
    return 1 if outdated else 0


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
        "--html",
        action="store_true",
        help="write the board as one self-contained page, leaderboard.html, too",
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if the board is outdated"
    )
    return parser


def _warn(results: Path, board: Board) -> None:
    for problem in board.unreadable:
        _warning(f"{results}/{problem}; left out")


def _warning(line: str) -> None:
    print(f"warning: {line}", file=sys.stderr)
