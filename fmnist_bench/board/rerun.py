"""Training one seed of a row again, and writing down how far it landed from the original."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from fmnist_bench.board.collect import Run, collect
from fmnist_bench.board.reruns import Rerun
from fmnist_bench.errors import BenchError
from fmnist_bench.records.record import Record

Trainer = Callable[[Record, Path], Record]
"""Trains what a record describes in a folder, and returns the new record."""


def rerun_row(results: Path, row: str, seed: int, train: Trainer, today: date) -> Rerun:
    """Train `seed` of `row`, on Fashion-MNIST if it has it, again with `train`.

    Raises:
        BenchError: the row has no such run, has several, or training failed.
    """
    original = _original(results, row, seed)
    with TemporaryDirectory() as folder:
        again = train(original.record, Path(folder))
    if again.test is None:
        raise BenchError(f"{row}: seed {seed} failed when trained again ({again.error})")
    return Rerun(
        row=row,
        recipe=original.record.recipe,
        identity=original.record.identity,
        dataset=original.record.dataset,
        seed=seed,
        original_accuracy=float(original.hits.mean()),
        accuracy=again.test.accuracy,
        date=today,
        hardware=again.hardware,
        versions=again.versions,
        git=again.git,
    )


def _original(results: Path, row: str, seed: int) -> Run:
    runs = [
        run
        for run in collect(results).runs
        if run.record.row.name == row and run.correct is not None
    ]
    for dataset in ("fashion_mnist", "mnist"):
        here = [run for run in runs if run.record.dataset == dataset and run.record.seed == seed]
        if len(here) > 1:
            raise BenchError(f"{row}: {here[0].path} and {here[1].path} are both seed {seed}")
        if here:
            return here[0]
    raise BenchError(f"{results}: no finished run of row {row!r} with seed {seed}")
