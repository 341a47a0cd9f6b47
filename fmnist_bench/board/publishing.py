"""Copying the runs of a row from the local results to the official ones.

A run that diverged is a result of its recipe and goes along, as a record without
predictions; one that was killed or broke is not, and has to be trained again. What cannot
stand on the official board, as the runs of a search, stays behind.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from fmnist_bench.board.collect import Problem, ScoredRun, collect, read_run
from fmnist_bench.board.consistency import disagreements
from fmnist_bench.board.history import History
from fmnist_bench.board.ledger import Ledger, append, read_ledger, read_of
from fmnist_bench.board.rows import unofficial
from fmnist_bench.board.run_checks import run_problems
from fmnist_bench.errors import BenchError
from fmnist_bench.files import atomic_write
from fmnist_bench.records import predictions as predictions_file
from fmnist_bench.records import record as record_file

Copies = dict[Path, Path]
"""Folder of each run -> where it is to be copied."""


def plan_copies(outputs: Path, results: Path, row: str, *, extend: bool) -> Copies:
    """Return the copies that publish `row`; nothing is written.

    Raises:
        BenchError: the row has no finished run, several recipes, or planned seeds without a run;
            a run cannot be read, broke, fails its checks, was not made from a clean commit, or
            differs from what is published; the ledger has another recipe of the row's name, or,
            unless `extend`, fewer seeds.
    """
    runs = _runs_of(row, outputs)
    recipes = {run.record.recipe_digest: run.path for run in runs}
    if len(recipes) > 1:
        first, second, *_ = recipes.values()
        raise BenchError(
            f"row {row!r}: {first} and {second} are of different recipes; move one away"
        )
    for run in runs:
        for problem in (*run_problems(run), *_contradictions(run)):
            raise BenchError(f"{outputs}/{problem}")
    _refuse_gaps(runs, outputs)
    _refuse_change(runs, read_ledger(results), extend=extend)
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


def enter(results: Path, folders: Iterable[Path]) -> None:
    """Add a line to the ledger in `results` for each of the published `folders` that has none."""
    known, now = read_ledger(results).reads, datetime.now(UTC)
    runs = [read_run(folder, folder.relative_to(results).as_posix()) for folder in sorted(folders)]
    new = [run for run in runs if run.record.identity not in known]
    history = History.of(results)
    lines = []
    for record, accuracy in ((run.record, run.accuracy) for run in new):
        by = history.author(record.code) if history else None
        lines.append(read_of(record, accuracy, now, by))
    append(results, lines)


def copy_run(source: Path, target: Path) -> None:
    """Copy record and predictions of the run in `source` into `target`, and nothing else."""
    (target / record_file.FILE_NAME).unlink(missing_ok=True)
    for name in _files(source):
        with atomic_write(target / name) as file:
            file.write((source / name).read_bytes())


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


def _contradictions(run: ScoredRun) -> Iterator[Problem]:
    for reason in disagreements(run):
        yield Problem(f"{run.path}/{record_file.FILE_NAME}", reason)


def _refuse_gaps(runs: list[ScoredRun], outputs: Path) -> None:
    """A row is published whole, so that no seed is left out for its result."""
    for dataset in sorted({run.record.data.name for run in runs}):
        here = [run.record for run in runs if run.record.data.name == dataset]
        planned = max(record.row.seeds for record in here)
        if missing := sorted({*range(planned)} - {record.seed for record in here}):
            raise BenchError(
                f"{outputs}: row {here[0].row.name!r} plans {planned} seeds on {dataset}, and "
                f"seed {missing[0]} has no run; train it first"
            )


def _refuse_change(runs: list[ScoredRun], ledger: Ledger, *, extend: bool) -> None:
    for record in (run.record for run in runs):
        name, dataset = record.row.name, record.data.name
        known = {r.recipe for r in ledger.reads.values() if (r.row, r.dataset) == (name, dataset)}
        if known and record.recipe_digest not in known:
            raise BenchError(
                f"row {name!r}: the ledger has another recipe of this name, which has been scored "
                "on the test set; give the new one a name of its own"
            )
        planned = ledger.plan(name, dataset, record.recipe_digest)
        if planned is not None and record.row.seeds > planned and not extend:
            raise BenchError(
                f"row {name!r}: {planned} seeds were planned and read, now {record.row.seeds}; "
                "publish with --extend, and the board will say so and give no rank"
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
