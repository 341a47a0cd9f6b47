"""`fmnist-bench verify`: check a results folder, or train one of its runs again."""

import argparse
from pathlib import Path

from fmnist_bench.board.agreement import agreement_problems
from fmnist_bench.board.audit import verify
from fmnist_bench.board.recipes import drifted
from fmnist_bench.board.reruns import rerun_row
from fmnist_bench.board.rows import row_names
from fmnist_bench.data.human_votes import read_votes, votes_path
from fmnist_bench.paths import cache_dir


def main(argv: list[str]) -> int:
    """Print one line for each thing that is wrong; return 1 if there is any.

    Raises:
        BenchError: the results folder or the row to re-run is missing.
    """
    options = _parser().parse_args(argv)
    if options.rerun is not None:
        return _rerun(options.results, row_names([options.rerun])[0], options.seed)
    runs, problems = verify(options.results)
    problems += drifted(options.results)
    votes = votes_path(cache_dir())
    if votes.is_file():
        problems += agreement_problems(options.results, read_votes(votes))
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

    found = rerun_row(results, row, seed, rerun)
    before, after = found.accuracies
    verdict = "reproduced" if found.within else "NOT reproduced"
    kept = f"does not count: {found.flaw}" if found.flaw else str(results / found.again.path)
    print(
        f"{row}, seed {seed}: {verdict}: {before:.4f} then, {after:.4f} now, "
        f"off by {found.off:.4f}, tolerance {found.tolerance:.4f}; {kept}"
    )
    return 0 if found.within and found.flaw is None else 1
