"""Checking a results folder from its files and its history alone.

Every number on the board is recomputed. What cannot be found this way is a record that was made up
so well that all of it fits, mistakes like those of nets included; that is what re-runs are for.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from fmnist_bench.board.collect import Collected, Problem, collect
from fmnist_bench.board.consistency import disagreements
from fmnist_bench.board.equivalence import MARGIN
from fmnist_bench.board.history import History
from fmnist_bench.board.history_checks import history_problems
from fmnist_bench.board.ledger_checks import ledger_problems
from fmnist_bench.board.markdown import documents
from fmnist_bench.board.plausibility import doubts
from fmnist_bench.board.reruns import flaw, repeated
from fmnist_bench.board.row_checks import missing_reviews, row_problems
from fmnist_bench.board.rows import group, unofficial
from fmnist_bench.board.run_checks import run_problems, unfit_code
from fmnist_bench.board.standings import build_board
from fmnist_bench.data.facts import DATASETS
from fmnist_bench.records import predictions as predictions_file
from fmnist_bench.records import record as record_file


class Audit(NamedTuple):
    """How many runs were checked, what is wrong, and what could not be checked."""

    runs: int
    problems: list[Problem]
    unchecked: list[str]


def verify(results: Path) -> Audit:
    """Check everything below `results`.

    Raises:
        BenchError: `results` is no folder.
    """
    collected = collect(results)
    audit = check(results, collected)
    outdated = (
        problem
        for name, text in documents(build_board(collected)).items()
        for problem in _drift(name, results / name, text.encode())
    )
    audit.problems.extend(islice(outdated, 1))  # one command writes them all
    return audit


def check(results: Path, collected: Collected) -> Audit:
    """Check what was `collected` below `results`, but not the board that it was made into."""
    problems = [*collected.unreadable, *_orphans(results)]
    for run in (*collected.runs, *collected.reruns):
        problems += run_problems(run)
        problems += (_of_record(run.path, reason) for reason in disagreements(run))
    # A run that cannot be read is missing from its row as well; once is enough.
    named = {problem.path for problem in problems}
    named |= {path.rpartition("/")[0] for path in named}
    standing = [run for run in collected.runs if unofficial(run) is None]
    problems += [problem for problem in row_problems(standing) if problem.path not in named]
    problems += _implausible(collected)
    problems += missing_reviews(results, standing)
    problems += _reruns(collected)
    history = History.of(results)
    problems += ledger_problems(results, collected, standing, history)
    if history is not None:
        problems += history_problems(collected, history)
    unchecked = [] if history else ["commits, planned seeds and the ledger's growth: no whole git"]
    return Audit(len(collected.runs) + len(collected.unreadable), problems, unchecked)


def _orphans(results: Path) -> Iterator[Problem]:
    for path in sorted(results.rglob(predictions_file.FILE_NAME)):
        if not (path.parent / record_file.FILE_NAME).is_file():
            folder = path.parent.relative_to(results).as_posix()
            yield Problem(f"{folder}/{record_file.FILE_NAME}", "missing beside its predictions")


def _implausible(collected: Collected) -> Iterator[Problem]:
    rows = group(collected.runs)
    for name in DATASETS:
        for doubt in doubts({"/".join(row.key): row.columns[name].runs for row in rows}):
            yield Problem(f"{doubt.run.path}/{predictions_file.FILE_NAME}", doubt.reason)


def _reruns(collected: Collected) -> Iterator[Problem]:
    for again in collected.reruns:
        original = repeated(again, collected.runs)
        if original is None:
            yield _of_record(again.path, "did not finish, or the run it repeats is not here")
            continue
        reason = flaw(original, again)
        if reason is not None and unfit_code(again.record) is None:
            yield _of_record(again.path, f"does not count: {reason}")
        first, second = original.accuracy, again.accuracy
        assert first is not None and second is not None, "both have finished"
        if abs(first - second) > 2 * MARGIN:
            yield _of_record(again.path, f"not reproduced: {second:.4f}, and {first:.4f} before")


def _of_record(path: str, reason: str) -> Problem:
    return Problem(f"{path}/{record_file.FILE_NAME}", reason)


def _drift(name: str, path: Path, content: bytes) -> Iterator[Problem]:
    if not path.is_file():
        yield Problem(name, "missing; run fmnist-bench leaderboard")
    elif path.read_bytes() != content:
        yield Problem(name, "not what the records give; run fmnist-bench leaderboard")
