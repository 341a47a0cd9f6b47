"""Reading run folders, and scoring their predictions against the published labels."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.board.dataset import published_as
from fmnist_bench.board.ledger import FILE_NAME as LEDGER
from fmnist_bench.board.ledger import Ledger, read_ledger
from fmnist_bench.board.lookup import limited_by, never_tested
from fmnist_bench.errors import BenchError
from fmnist_bench.records import predictions as predictions_file
from fmnist_bench.records import record as record_file
from fmnist_bench.records import spec as spec_file
from fmnist_bench.records.predictions import Predictions, read_predictions
from fmnist_bench.records.record import Record, read_record

RERUNS = "reruns"
"""Folder of runs trained again; the board counts them as evidence, not as runs."""

_NO_LINES = Ledger()

# Besides what the readers refuse themselves: encrypted zip files and JSON nested too deep.
_UNREADABLE = (BenchError, ValueError, RuntimeError)


@dataclass(frozen=True, eq=False)
class ScoredRun:
    """One run. A failed one has no `predictions`, nor one that never saw all test images.

    `path` is the folder below the results folder, with forward slashes. `correct` says
    which test images it got right, bool (images,); None where their labels are not published.
    """

    path: str
    record: Record
    predictions: Predictions | None = None
    correct: NDArray[np.bool_] | None = None

    @property
    def accuracy(self) -> float | None:
        """Accuracy in [0, 1] by the predictions; where labels are missing, by the record."""
        if self.correct is not None:
            return float(self.correct.mean())
        test = None if self.predictions is None else self.record.test
        return None if test is None else test.accuracy

    @property
    def hits(self) -> NDArray[np.bool_]:
        """Which test images a run on published data got right."""
        assert self.correct is not None, f"{self.path} is not scored"
        return self.correct


@dataclass(frozen=True)
class Problem:
    """What is wrong with one file; `path` is below the results folder."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(frozen=True)
class Collected:
    """Every run folder below one results folder, in order of path, and its ledger.

    `local` says that runs are trained into that folder, so that one chooses from them.
    """

    runs: tuple[ScoredRun, ...]
    unreadable: tuple[Problem, ...] = ()
    reruns: tuple[ScoredRun, ...] = ()
    local: bool = False
    ledger: Ledger = _NO_LINES


def collect(results: Path) -> Collected:
    """Read every run folder below `results`.

    A folder whose record or predictions cannot be read, or do not belong together, becomes
    a `Problem` instead of a `ScoredRun`.

    Raises:
        BenchError: `results` is no folder.
    """
    if not results.is_dir():
        raise BenchError(f"{results}: no such folder; train something first, or name another")
    runs: list[ScoredRun] = []
    reruns: list[ScoredRun] = []
    unreadable: list[Problem] = []
    for root, kind in ((results, runs), (results / RERUNS, reruns)):
        for folder in run_folders(root):
            path = folder.relative_to(results).as_posix()
            try:
                kind.append(read_run(folder, path))
            except _UNREADABLE as error:
                unreadable.append(_problem(folder, path, error))
    try:
        ledger = read_ledger(results)
    except BenchError as error:
        ledger = Ledger()
        unreadable.append(Problem(LEDGER, str(error).removeprefix(f"{results / LEDGER}: ")))
    # A run that was trained here still has what it was started from; published ones have not.
    local = any((results / run.path / spec_file.FILE_NAME).exists() for run in runs)
    return Collected(tuple(runs), tuple(unreadable), tuple(reruns), local, ledger)


def read_run(folder: Path, path: str) -> ScoredRun:
    """Read the run in `folder`, which the board calls `path`.

    Raises:
        BenchError: its record or predictions cannot be read, or do not belong together.
    """
    record = read_record(folder)
    if record.status == "failed" or never_tested(record.recipe) or limited_by(record.recipe):
        return ScoredRun(path, record)
    dataset, data = published_as(record.data), record.data
    labels = None if dataset is None else dataset.labels
    images = data.test_images if labels is None else len(labels)
    predictions = read_predictions(folder, images, len((dataset or data).class_names))
    if predictions.digest != record.predictions_digest:
        raise BenchError(
            f"{folder / predictions_file.FILE_NAME}: not the predictions that its "
            "record was sealed with; restore the file or run it again"
        )
    if labels is not None:
        return ScoredRun(path, record, predictions, predictions.classes == labels)
    if record.test is None or not 0 <= record.test.accuracy <= 1 or images < 1:
        raise BenchError(f"{folder / record_file.FILE_NAME}: no test.accuracy in [0, 1] to believe")
    return ScoredRun(path, record, predictions)


def run_folders(results: Path) -> Iterator[Path]:
    """Yield the folders below `results` that hold a record, in order of path."""
    for folder, inner, files in os.walk(results):
        here = Path(folder)
        if record_file.FILE_NAME in files and here != results:
            inner.clear()
            yield here
        hidden = {RERUNS} if here == results else set()
        inner[:] = sorted(name for name in {*inner} - hidden if not name.startswith("."))


def _problem(folder: Path, path: str, error: Exception) -> Problem:
    reason = str(error) or type(error).__name__
    for name in (record_file.FILE_NAME, predictions_file.FILE_NAME):
        if reason.startswith(f"{folder / name}: "):
            return Problem(f"{path}/{name}", reason.removeprefix(f"{folder / name}: "))
    return Problem(path, f"cannot be read ({reason})")
