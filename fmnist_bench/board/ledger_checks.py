"""What is checked between a results folder and its ledger."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from fmnist_bench.board.collect import Collected, Problem, ScoredRun
from fmnist_bench.board.history import History
from fmnist_bench.board.ledger import FILE_NAME, Ledger, Read, shrunk
from fmnist_bench.records.record import FILE_NAME as RECORD


def ledger_problems(
    results: Path, collected: Collected, standing: Sequence[ScoredRun], history: History | None
) -> Iterator[Problem]:
    """Yield where the ledger and the runs of recipes on published data disagree.

    Nothing is said of a folder that has no ledger and never had one.
    """
    ledger, path = collected.ledger, results / FILE_NAME
    before = history.versions(FILE_NAME) if history else []
    if not path.is_file():
        if before:
            yield Problem(FILE_NAME, "missing; restore it, as it holds what was seen")
        return
    if shrunk(path.read_bytes(), before):
        yield Problem(FILE_NAME, "a committed line was changed or removed; lines are only added")
    standing = [run for run in standing if run.record.recipe is not None]
    here = {run.record.identity: run for run in standing}
    for identity, read in ledger.reads.items():
        run = here.get(identity)
        if run is not None:
            yield from _compared(run, read)
        elif identity not in ledger.replaced:
            name = f"{read.row}, {read.dataset}, seed {read.seed}"
            yield Problem(FILE_NAME, f"{name}: run {identity[:12]} is not here; restore it")
    for run in standing:
        yield from _of_run(run, ledger)
    for again in collected.reruns:
        line = ledger.again(again.record.identity)
        if line is None or line.predictions != again.record.predictions_digest:
            yield Problem(f"{again.path}/{RECORD}", "the ledger does not have this re-run")


def _compared(run: ScoredRun, read: Read) -> Iterator[Problem]:
    path, record = f"{run.path}/{RECORD}", run.record
    if record.predictions_digest != read.predictions:
        yield Problem(path, "the ledger has other predictions of this run; restore them")
    if (record.row.name, record.seed) != (read.row, read.seed):
        yield Problem(path, f"the ledger has this run as seed {read.seed} of {read.row}")


def _of_run(run: ScoredRun, ledger: Ledger) -> Iterator[Problem]:
    record, path = run.record, f"{run.path}/{RECORD}"
    key = (record.row.name, record.data.name)
    if record.identity not in ledger.reads:
        yield Problem(path, "not in the ledger; publish it with fmnist-bench publish")
        others = [r for r in ledger.reads.values() if (r.row, r.dataset) == key]
        if others and record.recipe_digest not in {read.recipe for read in others}:
            yield Problem(path, "another recipe than its row has in the ledger; give it a new name")
    planned = ledger.plan(*key, record.recipe_digest)
    if planned is not None and record.row.seeds < planned:
        yield Problem(path, f"row.seeds is {record.row.seeds}; {planned} were planned at first")
