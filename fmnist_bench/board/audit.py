"""Checking a results folder from its files alone.

Every number on the board is recomputed. What cannot be found this way is a record
edited together with its digest so that everything still fits (say, a shorter training
time), predictions made up as a whole, and a row deleted together with its lines on the
board. The first two are what re-runs are for; the last shows in the history of git.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from fmnist_bench.board.collect import Collected, Problem, collect
from fmnist_bench.board.markdown import documents
from fmnist_bench.board.reruns import repeated
from fmnist_bench.board.row_checks import copies, missing_reviews, row_problems
from fmnist_bench.board.rows import unofficial
from fmnist_bench.board.run_checks import run_problems
from fmnist_bench.board.standings import build_board
from fmnist_bench.records import predictions as predictions_file
from fmnist_bench.records import record as record_file


def verify(results: Path) -> tuple[int, list[Problem]]:
    """Check everything below `results`; return the number of runs and what is wrong.

    Raises:
        BenchError: `results` is no folder.
    """
    collected = collect(results)
    problems = [*collected.unreadable, *_orphans(results)]
    for run in collected.runs:
        problems += run_problems(run)
    # A run that cannot be read is missing from its row as well; once is enough.
    named = {problem.path for problem in problems}
    named |= {path.rpartition("/")[0] for path in named}
    standing = [run for run in collected.runs if unofficial(run) is None]
    problems += [problem for problem in row_problems(standing) if problem.path not in named]
    problems += copies(standing)
    problems += missing_reviews(results, standing)
    problems += _reruns(collected)
    outdated = (
        problem
        for name, text in documents(build_board(collected)).items()
        for problem in _drift(results / name, text.encode())
    )
    problems += islice(outdated, 1)  # one command writes them all
    return len(collected.runs) + len(collected.unreadable), problems


def _orphans(results: Path) -> Iterator[Problem]:
    for path in sorted(results.rglob(predictions_file.FILE_NAME)):
        if not (path.parent / record_file.FILE_NAME).is_file():
            folder = path.parent.relative_to(results).as_posix()
            yield Problem(f"{folder}/{record_file.FILE_NAME}", "missing beside its predictions")


def _reruns(collected: Collected) -> Iterator[Problem]:
    for again in collected.reruns:
        yield from run_problems(again)
        rerun = repeated(again, collected.runs)
        if rerun is None:
            reason = "did not finish, or the run it repeats is not here; repeat one that is"
        elif rerun.flaw is not None:
            reason = f"does not count: {rerun.flaw}"
        elif not rerun.within:
            reason = f"not reproduced: off by {rerun.off:.4f}, tolerance {rerun.tolerance:.4f}"
        else:
            continue
        yield Problem(f"{again.path}/{record_file.FILE_NAME}", reason)


def _drift(path: Path, content: bytes) -> Iterator[Problem]:
    if not path.is_file():
        yield Problem(path.name, "missing; run fmnist-bench leaderboard")
    elif path.read_bytes() != content:
        yield Problem(path.name, "not what the records give; run fmnist-bench leaderboard")
