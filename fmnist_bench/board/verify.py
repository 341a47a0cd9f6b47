"""Checking a results folder from its files alone.

Every number on the board is recomputed. What cannot be found this way is a record
edited together with its digest so that everything still fits (say, a shorter training
time), predictions made up as a whole, and a row deleted together with its lines on the
board. The first two are what re-runs are for; the last shows in the history of git.
"""

from collections.abc import Iterator
from pathlib import Path

from fmnist_bench.board.collect import Collected, Problem, collect
from fmnist_bench.board.render import FILE_NAME, render
from fmnist_bench.board.reruns import Rerun, read_reruns, tolerance
from fmnist_bench.board.row_checks import copies, missing_reviews, row_problems
from fmnist_bench.board.run_checks import run_problems
from fmnist_bench.board.standings import build_board, split
from fmnist_bench.records import predictions as predictions_file
from fmnist_bench.records import record as record_file


def verify(results: Path) -> tuple[int, list[Problem]]:
    """Check everything below `results`; return the number of runs and what is wrong.

    Raises:
        BenchError: `results` is no folder.
    """
    collected = collect(results)
    reruns, rerun_problems = read_reruns(results)
    problems = [*collected.unreadable, *_orphans(results)]
    for run in collected.runs:
        problems += run_problems(run)
    # A run that cannot be read is missing from its row as well; once is enough.
    named = {problem.path for problem in problems}
    named |= {path.rpartition("/")[0] for path in named}
    standing = split(collected.runs)[0]
    problems += [problem for problem in row_problems(standing) if problem.path not in named]
    problems += copies(standing)
    problems += missing_reviews(results, standing)
    problems += [*rerun_problems, *_reruns(collected, reruns)]
    content = render(build_board(collected, reruns, rerun_problems)).encode()
    problems += _drift(results / FILE_NAME, content)
    return len(collected.runs) + len(collected.unreadable), problems


def _orphans(results: Path) -> Iterator[Problem]:
    for path in sorted(results.rglob(predictions_file.FILE_NAME)):
        if not (path.parent / record_file.FILE_NAME).is_file():
            folder = path.parent.relative_to(results).as_posix()
            yield Problem(f"{folder}/{record_file.FILE_NAME}", "missing beside its predictions")


def _reruns(collected: Collected, reruns: list[Rerun]) -> Iterator[Problem]:
    runs = {
        (run.record.row.name, run.record.identity): run
        for run in collected.runs
        if run.correct is not None
    }
    for rerun in reruns:
        path = f"reruns/{rerun.row}.json"
        original = runs.get((rerun.row, rerun.identity))
        if original is None:
            yield Problem(path, "the run it repeats is not here; repeat one that is")
        elif abs(float(original.hits.mean()) - rerun.original_accuracy) > 1e-6:
            yield Problem(
                path, f"original_accuracy is {rerun.original_accuracy}; see {original.path}"
            )
        elif not rerun.within:
            off = abs(rerun.accuracy - rerun.original_accuracy)
            allowed = tolerance(rerun.accuracy, rerun.original_accuracy)
            yield Problem(path, f"not reproduced: off by {off:.4f}, tolerance {allowed:.4f}")


def _drift(path: Path, content: bytes) -> Iterator[Problem]:
    if not path.is_file():
        yield Problem(path.name, "missing; run fmnist-bench leaderboard")
    elif path.read_bytes() != content:
        yield Problem(path.name, "not what the records give; run fmnist-bench leaderboard")
