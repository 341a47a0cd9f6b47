"""Copying the runs of a row from the local results to the official ones.

A run that diverged is a result of its recipe and goes along, as a record without
predictions; one that was killed or broke is not, and has to be trained again. What cannot
stand on the official board, as the runs of a search, stays behind.
"""

from collections import Counter
from pathlib import Path

from fmnist_bench.board.collect import ScoredRun, collect
from fmnist_bench.board.rows import unofficial
from fmnist_bench.board.run_checks import run_problems
from fmnist_bench.errors import BenchError
from fmnist_bench.files import atomic_write
from fmnist_bench.records import predictions as predictions_file
from fmnist_bench.records import record as record_file
from fmnist_bench.records.record import Record

Copies = dict[Path, Path]
"""Folder of each run -> where it is to be copied."""


def plan_copies(outputs: Path, results: Path, row: str, *, allow_dirty: bool) -> Copies:
    """Return the copies that publish `row`; nothing is written.

    Raises:
        BenchError: the row has no finished run or several recipes; a run cannot be read,
            broke, fails its checks, was not made from a clean commit, or differs from what
            is published already.
    """
    runs = _runs_of(row, outputs)
    recipes = {run.record.recipe_digest: run.path for run in runs}
    if len(recipes) > 1:
        first, second, *_ = recipes.values()
        raise BenchError(
            f"row {row!r}: {first} and {second} are of different recipes; move one away"
        )
    for run in runs:
        _refuse(outputs, run, allow_dirty=allow_dirty)
    folder = results / "runs" / row
    copies = {outputs / run.path: folder / Path(run.path).name for run in runs}
    for source, target in copies.items():
        _refuse_difference(source, target)
    return copies


def make_copies(copies: Copies) -> int:
    """Copy what is not there yet, and return how many runs were new."""
    new = {
        source: target
        for source, target in copies.items()
        if not all((target / name).exists() for name in _files(source))
    }
    for source, target in new.items():
        copy_run(source, target)
    return len(new)


def copy_run(source: Path, target: Path) -> None:
    """Copy record and predictions of the run in `source` into `target`, and nothing else."""
    (target / record_file.FILE_NAME).unlink(missing_ok=True)
    for name in _files(source):
        with atomic_write(target / name) as file:
            file.write((source / name).read_bytes())


def unfit_code(record: Record) -> str | None:
    """Say what else than a clean commit made the run of `record`, None if a clean commit did."""
    code = record.code
    if code is None or code.commit is None:
        return "an unknown commit"
    return None if code.clean else "uncommitted changes"


def _runs_of(row: str, outputs: Path) -> list[ScoredRun]:
    """Return the runs that make up `row`, at least one of them finished."""
    collected = collect(outputs)
    for problem in collected.unreadable:
        if any(name.startswith(f"{row}-") for name in problem.path.split("/")):
            raise BenchError(f"{outputs}/{problem}")
    own = [run for run in collected.runs if run.record.row.name == row]
    others = Counter(reason for run in own if (reason := unofficial(run)) is not None)
    runs = [run for run in own if unofficial(run) is None]
    for run in runs:
        if run.record.status == "failed" and run.record.reason != "diverged":
            raise BenchError(
                f"{outputs}/{run.path}: failed ({run.record.reason}: {run.record.error}); "
                "train it again"
            )
    if not any(run.record.status == "done" for run in runs):
        rest = "".join(f"; left out: {count} {reason}" for reason, count in others.items())
        raise BenchError(f"{outputs}: no finished run of row {row!r}; train it first{rest}")
    return runs


def _refuse(outputs: Path, run: ScoredRun, *, allow_dirty: bool) -> None:
    for problem in run_problems(run):
        raise BenchError(f"{outputs}/{problem}")
    state = unfit_code(run.record)
    if state is not None and not allow_dirty:
        raise BenchError(
            f"{outputs}/{run.path}: trained from {state}; commit and train again, "
            "or publish with --allow-dirty"
        )


def _refuse_difference(source: Path, target: Path) -> None:
    for name in _files(source):
        path = target / name
        if path.exists() and path.read_bytes() != (source / name).read_bytes():
            raise BenchError(f"{path}: published already, with other content; nothing was copied")


def _files(folder: Path) -> list[str]:
    # The record comes last, so that a half-copied run is no run.
    names = (predictions_file.FILE_NAME, record_file.FILE_NAME)
    return [name for name in names if (folder / name).exists()]
