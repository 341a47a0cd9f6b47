"""`fmnist-bench verify`: check a results folder, or train one of its runs again."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from fmnist_bench.board.names import row_names
from fmnist_bench.board.rerun import rerun_row
from fmnist_bench.board.reruns import rerun_file, tolerance, write_rerun
from fmnist_bench.board.verify import verify


def main(argv: list[str]) -> int:
    """Print one line for each thing that is wrong; return 1 if there is any.

    Raises:
        BenchError: the results folder or the row to re-run is missing.
    """
    options = _parser().parse_args(argv)
    if options.rerun is not None:
        return _rerun(options.results, row_names([options.rerun])[0], options.seed)
    runs, problems = verify(options.results)
    for problem in problems:
        print(f"{options.results}/{problem}")
    noun = "problem" if len(problems) == 1 else "problems"
    print(f"{options.results}: {runs} runs checked, {len(problems) or 'no'} {noun}")
    return 1 if problems else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fmnist-bench verify",
        description="Recompute the board from records, predictions and labels; without torch.",
    )
    parser.add_argument(
        "--results",
        type=Path,
        default=Path("results"),
        metavar="DIR",
        help="folder of runs (default: results)",
    )
    parser.add_argument(
        "--rerun", metavar="ROW", help="train one seed of this row again and compare"
    )
    parser.add_argument("--seed", type=int, default=0, help="the seed to re-run (default: 0)")
    return parser


def _rerun(results: Path, row: str, seed: int) -> int:
    from fmnist_bench.jobs.rerun import rerun  # imports what torch needs

    result = rerun_row(results, row, seed, rerun, datetime.now(UTC).date())
    write_rerun(results, result)
    off = abs(result.accuracy - result.original_accuracy)
    verdict = "reproduced" if result.within else "NOT reproduced"
    print(
        f"{row}, seed {seed}: {verdict}: {result.original_accuracy:.4f} then, "
        f"{result.accuracy:.4f} now, off by {off:.4f}, tolerance "
        f"{tolerance(result.original_accuracy, result.accuracy):.4f}; {rerun_file(results, row)}"
    )
    return 0 if result.within else 1
