"""`fmnist-bench leaderboard`: collect run records and write the board."""

import argparse
import gc
import sys
from pathlib import Path

from fmnist_bench.board.collect import collect
from fmnist_bench.board.exports import CSV_NAME, JSON_NAME, board_csv, board_json
from fmnist_bench.board.markdown import FILE_NAME, documents
from fmnist_bench.board.standings import Board, build_board
from fmnist_bench.board.terminal import terminal_table
from fmnist_bench.files import atomic_write

__all__ = ["FILE_NAME", "main"]


def main(argv: list[str]) -> int:
    """Write `leaderboard.md` into the results folder, or with `--check` compare it.

    With `--html`, `--csv` and `--json` the same is done to the files of these kinds as well.

    Raises:
        BenchError: the folder is missing or cannot be written.
    """
    options = _parser().parse_args(argv)
    results: Path = options.results
    collected = collect(results)
    gc.freeze()  # statsmodels collects garbage on each call; spare it what was just read
    board = build_board(collected)
    for problem in board.unreadable:
        _warn(f"{results}/{problem}; left out")
    contents = {name: text.encode() for name, text in documents(board).items()}
    if options.html:
        contents |= _page(results, board)
    if options.csv:
        contents[CSV_NAME] = board_csv(board).encode()
    if options.json:
        contents[JSON_NAME] = board_json(board).encode()
    if options.check:
        return _check(results, contents)
    for name, content in contents.items():
        with atomic_write(results / name) as file:
            file.write(content)
    print(terminal_table(board))
    print()
    for name in contents:
        print(results / name)
    return 0


def _page(results: Path, board: Board) -> dict[str, bytes]:
    # Only for --html: what these import is not needed for the Markdown board.
    from fmnist_bench.board.page import html
    from fmnist_bench.board.page.assemble import build_page
    from fmnist_bench.paths import cache_dir

    return {html.FILE_NAME: build_page(results, board, cache_dir(), _warn)}


def _check(results: Path, contents: dict[str, bytes]) -> int:
    outdated = [
        results / name
        for name, content in contents.items()
        if not (results / name).is_file() or (results / name).read_bytes() != content
    ]
    for path in outdated:
        option = "" if path.suffix == ".md" else f" --{path.suffix[1:]}"
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
    for kind, text in {
        "html": "the board as one self-contained page",
        "csv": "a line for each row and dataset, with every figure",
        "json": "the same, with what each column says",
    }.items():
        parser.add_argument(
            f"--{kind}", action="store_true", help=f"write leaderboard.{kind} too: {text}"
        )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if the board is outdated"
    )
    return parser


def _warn(line: str) -> None:
    print(f"warning: {line}", file=sys.stderr)
