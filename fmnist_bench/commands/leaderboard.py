"""`fmnist-bench leaderboard`: collect run records and write the board."""

import argparse
import gc
import sys
from dataclasses import replace
from pathlib import Path

from fmnist_bench.board import agreement, changes
from fmnist_bench.board.collect import collect
from fmnist_bench.board.exports import FORMATS
from fmnist_bench.board.markdown import FILE_NAME, documents, published_table
from fmnist_bench.board.standings import Board, build_board
from fmnist_bench.board.terminal import terminal_table
from fmnist_bench.data.human_votes import read_votes, votes_path
from fmnist_bench.files import atomic_write
from fmnist_bench.paths import cache_dir

__all__ = ["FILE_NAME", "main"]

_OPTIONS = {
    "html": "the board as one self-contained page",
    "csv": "a line for each row and dataset, with every figure",
    "json": "the same; its JSON Schema: fmnist-bench schema leaderboard",
    "parquet": "the same, for what reads tables; needs pyarrow",
}


def main(argv: list[str]) -> int:
    """Write the board's files into the results folder, or with `--check` compare them.

    They are Markdown and the log of changes; kinds of data that are asked for or there already;
    and the page if it is asked for.

    Raises:
        BenchError: the folder is missing or cannot be written.
    """
    options = parser().parse_args(argv)
    results: Path = options.results
    collected = collect(results)
    gc.freeze()  # statsmodels collects garbage on each call; spare it what was just read
    board, contents = _with_people(build_board(collected), results)
    for problem in board.unreadable:
        _warn(f"{results}/{problem}; left out")
    if options.published:
        print(published_table(board), end="")
        return 0
    contents |= {name: text.encode() for name, text in documents(board).items()}
    contents[changes.FILE_NAME] = changes.updated(results, board).encode()
    for kind, write in FORMATS.items():
        name = f"leaderboard.{kind}"
        if vars(options)[kind] or (results / name).exists():
            contents[name] = write(board)
    if options.html:
        contents |= _page(results, board)
    gone = sorted({*results.glob("rows/*.md")} - {results / name for name in contents})
    if options.check:
        return _check(results, contents, gone)
    for name, content in contents.items():
        with atomic_write(results / name) as file:
            file.write(content)
    for path in gone:
        _warn(f"{path}: of no row on this board; delete it")
    print(terminal_table(board))
    print()
    for name in contents:
        if "/" not in name:
            print(results / name)
    return 0


def _with_people(board: Board, results: Path) -> tuple[Board, dict[str, bytes]]:
    """Return `board` with what people's votes say of it; and the file of that, if any is made."""
    path = votes_path(cache_dir())
    if not path.is_file():
        return replace(board, people=agreement.stored_agreements(results)), {}
    votes = read_votes(path)
    people = agreement.agreements((each.row for each in board.standings), votes)
    made = {agreement.FILE_NAME: agreement.agreement_json(people, votes)} if people else {}
    return replace(board, people=people), made


def _page(results: Path, board: Board) -> dict[str, bytes]:
    # Only for --html: what these import is not needed for the Markdown board.
    from fmnist_bench.board.page import html
    from fmnist_bench.board.page.assemble import build_page

    return {html.FILE_NAME: build_page(results, board, cache_dir(), _warn)}


def _check(results: Path, contents: dict[str, bytes], gone: list[Path]) -> int:
    outdated = [
        results / name
        for name, content in contents.items()
        if not (results / name).is_file() or (results / name).read_bytes() != content
    ]
    for path in outdated:
        option = f" --{path.suffix[1:]}" if path.suffix[1:] in _OPTIONS else ""
        print(
            f"{path}: not what its records give; "
            f"run fmnist-bench leaderboard --results {results}{option}",
            file=sys.stderr,
        )
    for path in gone:
        print(f"{path}: of no row on this board; delete it", file=sys.stderr)
    return 1 if outdated or gone else 0


def parser() -> argparse.ArgumentParser:
    """Return what the command takes."""
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
    for kind, text in _OPTIONS.items():
        parser.add_argument(
            f"--{kind}", action="store_true", help=f"write leaderboard.{kind} too: {text}"
        )
    parser.add_argument(
        "--published",
        action="store_true",
        help="write nothing; print the rows in the columns of the published table",
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if the board is outdated"
    )
    return parser


def _warn(line: str) -> None:
    print(f"warning: {line}", file=sys.stderr)
