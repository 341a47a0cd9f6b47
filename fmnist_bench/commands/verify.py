"""`fmnist-bench verify`: check a results folder, or train one of its runs again."""

import argparse
from functools import partial
from pathlib import Path

from fmnist_bench.board.agreement import agreement_problems
from fmnist_bench.board.audit import verify
from fmnist_bench.board.collect import collect
from fmnist_bench.board.recipes import drifted
from fmnist_bench.board.reruns import reproduction, rerun_row
from fmnist_bench.board.rows import find_row, row_names
from fmnist_bench.data.human_votes import read_votes, votes_path
from fmnist_bench.paths import cache_dir


def main(argv: list[str]) -> int:
    """Print one line for each thing that is wrong; return 1 if there is any.

    Raises:
        BenchError: the results folder or the row to re-run is missing.
    """
    options = parser().parse_args(argv)
    if options.rerun is not None:
        return _rerun(options.results, row_names([options.rerun])[0], options.weights)
    runs, problems, unchecked = verify(options.results)
    problems += drifted(options.results)
    votes = votes_path(cache_dir())
    if votes.is_file():
        problems += agreement_problems(options.results, read_votes(votes))
    if options.deep:
        from fmnist_bench.inference.deep import deep_problems  # imports torch

        problems += deep_problems(options.results, [Path("outputs/runs")])
    for problem in problems:
        print(f"{options.results}/{problem}")
    for each in unchecked:
        print(f"{options.results}: not checked: {each}")
    noun = "problem" if len(problems) == 1 else "problems"
    print(f"{options.results}: {runs} runs checked, {len(problems) or 'no'} {noun}")
    return 1 if problems else 0


def parser() -> argparse.ArgumentParser:
    """Return what the command takes."""
    parser = argparse.ArgumentParser(
        prog="fmnist-bench verify",
        description="Check records, predictions, ledger and history, and recompute the board; "
        "without torch.",
    )
    parser.add_argument(
        "--results",
        type=Path,
        default=Path("results"),
        metavar="DIR",
        help="folder of runs (default: results)",
    )
    parser.add_argument(
        "--rerun", metavar="ROW", help="train the seeds of this row again that a hash of it draws"
    )
    parser.add_argument(
        "--deep",
        action="store_true",
        help="also build every recipe to count parameters and MACs, and score weights again that "
        "lie beside records or in outputs/runs; takes torch and minutes",
    )
    parser.add_argument(
        "--weights", type=Path, metavar="FILE", help="file of weights that the row starts from"
    )
    return parser


def _rerun(results: Path, row: str, weights: Path | None) -> int:
    from fmnist_bench.jobs.rerun import rerun  # imports what torch needs

    for line in rerun_row(results, row, partial(rerun, weights=weights)):
        print(f"{row}, {line}")
    collected = collect(results)
    found = reproduction(find_row(collected, row).main, collected.reruns, collected.ledger)
    print(f"{row}: {found.sentence if found else 'not reproduced: not all re-runs count'}")
    return 0 if found is not None and found.found.shown else 1
