"""Runs trained again: `results/reruns/<row>/<run>/`, and when they reproduce a row."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from fmnist_bench.board.collect import RERUNS, ScoredRun, collect, read_run
from fmnist_bench.board.column import Column
from fmnist_bench.board.equivalence import Equivalence, drawn, equivalence, power, seeds_wanted
from fmnist_bench.board.history import History
from fmnist_bench.board.ledger import Again, Ledger, append
from fmnist_bench.board.publishing import copy_run
from fmnist_bench.board.rows import find_row
from fmnist_bench.board.run_checks import unfit_code
from fmnist_bench.errors import BenchError
from fmnist_bench.records.record import Machine, Record

Trainer = Callable[[Record, Path], Path]
"""Trains what a record describes below a folder, and returns the folder of the new run."""


@dataclass(frozen=True)
class Reproduction:
    """What re-runs of the seeds that were drawn say of a row on one dataset.

    `by` are the authors of the commits that they ran on, as the ledger has them.
    """

    pairs: tuple[tuple[ScoredRun, ScoredRun], ...]
    found: Equivalence
    power: float
    same_machine: bool
    by: tuple[str, ...]

    @property
    def tier(self) -> str:
        return f"reproduced, {'same' if self.same_machine else 'other'} machine"

    @property
    def sentence(self) -> str:
        """Say all of it, plain text."""
        seeds = ", ".join(str(again.record.seed) for _, again in self.pairs)
        difference, low, high = (
            f"{100 * value:+.2f}"
            for value in (self.found.difference, self.found.low, self.found.high)
        )
        verdict = "equivalent" if self.found.shown else "not shown to be equivalent"
        where = "the same machine" if self.same_machine else "another machine"
        whose = f", by {' and '.join(self.by)}" if self.by else ""
        return (
            f"Seeds {seeds} trained again on {where}{whose}: {difference} points "
            f"(90 % interval {low} to {high}, margin 0.5, power {100 * self.power:.0f} %), "
            f"{verdict}."
        )


def to_rerun(column: Column) -> list[int]:
    """Return the seeds of `column` that have to be trained again, in the order of the draw."""
    seeds = drawn(column.done, (run.record.predictions_digest for run in column.runs))
    return seeds[: seeds_wanted(column.std or 0.0, len(seeds))]


def reproduction(
    column: Column, reruns: Iterable[ScoredRun], ledger: Ledger
) -> Reproduction | None:
    """Return what `reruns` say of `column`, None until all seeds that were drawn are there."""
    if len(column.runs) < 2:
        return None
    pairs = {}
    for again in reruns:
        original = repeated(again, column.runs)
        if original is not None and flaw(original, again) is None:
            pairs[again.record.seed] = (original, again)
    wanted = to_rerun(column)
    if not all(seed in pairs for seed in wanted):
        return None
    chosen = tuple(pairs[seed] for seed in wanted)
    lines = (ledger.again(again.record.identity) for _, again in chosen)
    accuracies = np.array([again.accuracy for _, again in chosen], np.float64)
    return Reproduction(
        chosen,
        equivalence(column.accuracies, accuracies),
        power(column.std or 0.0, len(column.runs), len(chosen)),
        all(_hardware(one.record) == _hardware(two.record) for one, two in chosen),
        tuple(sorted({line.by for line in lines if line is not None and line.by})),
    )


def repeated(again: ScoredRun, runs: Iterable[ScoredRun]) -> ScoredRun | None:
    """Return the one of `runs` that `again` repeats, None if none of them finished."""
    for run in runs:
        same = (run.record.row.name, run.record.identity)
        finished = run.accuracy is not None and again.accuracy is not None
        if finished and same == (again.record.row.name, again.record.identity):
            return run
    return None


def flaw(original: ScoredRun, again: ScoredRun) -> str | None:
    """Say why the re-run does not count, whatever it found; None if it does."""
    first, second = original.record, again.record
    spans = [[epoch.seconds for epoch in each.history or ()] for each in (first, second)]
    if first.digest == second.digest or spans[0] == spans[1]:
        return "a copy of the run that it repeats"
    if second.started < first.ended:
        return "started before the run that it repeats had ended"
    if second.machine is None:
        return "it does not say what it ran on"
    code = unfit_code(second)
    return code and f"made from {code}"


def rerun_row(results: Path, row: str, train: Trainer) -> Iterator[str]:
    """Train the seeds of `row` that were drawn and are not yet there again with `train`.

    Each new run is kept in `results`, with a line in the ledger, unless it has a flaw. Yields a
    sentence on each.

    Raises:
        BenchError: there is no such row or nothing to compare, or training failed.
    """
    collected = collect(results)
    column = find_row(collected, row).main
    if len(column.runs) < 2:
        raise BenchError(f"{row}: {len(column.runs)} finished runs; a spread takes 2 or more")
    by_seed = {run.record.seed: run for run in column.runs}
    there = {again.record.identity for again in collected.reruns if repeated(again, column.runs)}
    for seed in to_rerun(column):
        if by_seed[seed].record.identity not in there:
            yield _once(results, by_seed[seed], train)


def _once(results: Path, original: ScoredRun, train: Trainer) -> str:
    row, seed = original.record.row.name, original.record.seed
    with TemporaryDirectory() as folder:
        trained = train(original.record, Path(folder))
        again = read_run(trained, f"{RERUNS}/{row}/{trained.name}")
        if again.record.status == "failed":
            error = again.record.error
            raise BenchError(f"{row}: seed {seed} failed when trained again ({error})")
        if repeated(again, [original]) is None:
            raise BenchError(f"{row}: what was trained again is another run, not {original.path}")
        why = flaw(original, again)
        if why is None:
            copy_run(trained, results / again.path)
            append(results, [_line(results, again.record)])
        kept = f"does not count: {why}" if why else str(results / again.path)
        return f"seed {seed}: {original.accuracy:.4f} then, {again.accuracy:.4f} now; {kept}"


def _line(results: Path, record: Record) -> Again:
    history = History.of(results)
    return Again(
        row=record.row.name,
        published=datetime.now(UTC),
        identity=record.identity,
        seed=record.seed,
        by=history.author(record.code) if history else None,
        predictions=record.predictions_digest,
    )


def _hardware(record: Record) -> tuple[object, ...]:
    machine: Machine | None = record.machine
    if machine is None:
        return ()
    return machine.device, machine.cpu, machine.cores, machine.memory_bytes, machine.system
