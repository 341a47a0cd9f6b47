"""`fmnist-bench publish`: copy finished runs to the official results."""

import argparse
from pathlib import Path

from fmnist_bench.board.publishing import enter, make_copies, plan_copies
from fmnist_bench.board.rows import row_names


def main(argv: list[str]) -> int:
    """Copy the rows that `argv` names, all of them or none.

    Raises:
        BenchError: a row cannot be published as it is.
    """
    options = parser().parse_args(argv)
    plans = {
        row: plan_copies(options.outputs, options.results, row, extend=options.extend)
        for row in row_names(options.row)
    }
    for row, copies in plans.items():
        new = make_copies(copies)
        enter(options.results, copies.values())
        print(f"{row}: {new} of {len(copies)} runs are new")
    print(
        f"now: fmnist-bench leaderboard --results {options.results} && "
        f"fmnist-bench verify --results {options.results}"
    )
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what the command takes."""
    parser = argparse.ArgumentParser(
        prog="fmnist-bench publish",
        description="Check the finished runs of rows, copy them to the official results, and "
        "note them in the ledger.",
    )
    parser.add_argument("row", nargs="+", help="row name, as on the board")
    parser.add_argument("--outputs", type=Path, default=Path("outputs"), metavar="DIR")
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="DIR")
    parser.add_argument(
        "--extend",
        action="store_true",
        help="accept seeds beyond those first planned; the board says so and gives no rank",
    )
    return parser
