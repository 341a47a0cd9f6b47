"""Runs trained again: `results/reruns/<row>/<run>/`, and when one counts as a reproduction."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from fmnist_bench.board.collect import RERUNS, ScoredRun, collect, read_run
from fmnist_bench.board.dataset import published
from fmnist_bench.board.publishing import copy_run, unfit_code
from fmnist_bench.errors import BenchError
from fmnist_bench.records.record import Record

Trainer = Callable[[Record, Path], Path]
"""Trains what a record describes below a folder, and returns the folder of the new run."""


@dataclass(frozen=True)
class Rerun:
    """`original`, a run of a row, and `again`, the same run trained another time."""

    original: ScoredRun
    again: ScoredRun

    @property
    def accuracies(self) -> tuple[float, float]:
        """Accuracy in [0, 1] of both, by their predictions."""
        first, second = self.original.accuracy, self.again.accuracy
        assert first is not None and second is not None, "only finished runs are compared"
        return first, second

    @property
    def off(self) -> float:
        """By how much the accuracies differ."""
        first, second = self.accuracies
        return abs(first - second)

    @property
    def tolerance(self) -> float:
        """By how much they may differ."""
        return tolerance(*self.accuracies, self.original.record.data.test_images)

    @property
    def within(self) -> bool:
        """Whether they differ by no more than that."""
        # Accuracies are whole counts of images; the margin absorbs their rounding.
        return self.off <= self.tolerance + 1e-9

    @property
    def flaw(self) -> str | None:
        """Why the re-run does not count, whatever it found; None if it does."""
        if self.again.record.digest == self.original.record.digest:
            return "a copy of the run that it repeats"
        code = unfit_code(self.again.record)
        return code and f"made from {code}"


def tolerance(first: float, second: float, images: int = 10_000) -> float:
    """Return twice the pooled standard error of the difference of two accuracies.

    The standard error is the two-sample one of proportions, pooled because the runs are
    supposed to be the same. It overstates the doubt, since both saw the same images: a
    re-run outside it is a failure, one inside it is no proof.
    """
    pooled = (first + second) / 2
    return float(2 * (pooled * (1 - pooled) * 2 / images) ** 0.5)


def repeated(again: ScoredRun, runs: Iterable[ScoredRun]) -> Rerun | None:
    """Return `again` beside the one of `runs` that it repeats, None if none of them finished."""
    for run in runs:
        same = (run.record.row.name, run.record.identity)
        finished = run.accuracy is not None and again.accuracy is not None
        if finished and same == (again.record.row.name, again.record.identity):
            return Rerun(run, again)
    return None


def rerun_row(results: Path, row: str, seed: int, train: Trainer) -> Rerun:
    """Train `seed` of `row`, on Fashion-MNIST if it has it, again with `train`.

    The new run is kept in `results`, over an earlier one of that seed, unless it has a flaw.

    Raises:
        BenchError: the row has no such run, has several, or training failed.
    """
    original = _original(results, row, seed)
    with TemporaryDirectory() as folder:
        trained = train(original.record, Path(folder))
        again = read_run(trained, f"{RERUNS}/{row}/{trained.name}")
        if again.record.status == "failed":
            error = again.record.error
            raise BenchError(f"{row}: seed {seed} failed when trained again ({error})")
        rerun = repeated(again, [original])
        if rerun is None:
            raise BenchError(f"{row}: what was trained again is another run, not {original.path}")
        if rerun.flaw is None:
            copy_run(trained, results / again.path)
    return rerun


def _original(results: Path, row: str, seed: int) -> ScoredRun:
    runs = [
        run
        for run in collect(results).runs
        if (run.record.row.name, run.record.seed) == (row, seed) and run.accuracy is not None
    ]
    for dataset in [*published(), *sorted({run.record.data.name for run in runs})]:
        here = [run for run in runs if run.record.data.name == dataset]
        if len(here) > 1:
            raise BenchError(f"{row}: {here[0].path} and {here[1].path} are both seed {seed}")
        if here:
            return here[0]
    raise BenchError(f"{results}: no finished run of row {row!r} with seed {seed}")
