"""Reading run folders, and scoring their predictions against the published labels."""

import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.board.lookup import never_tested
from fmnist_bench.data.labels import test_labels
from fmnist_bench.errors import BenchError
from fmnist_bench.records import predictions as predictions_file
from fmnist_bench.records import record as record_file
from fmnist_bench.records.predictions import Predictions, read_predictions
from fmnist_bench.records.record import Record, read_record

RERUNS = "reruns"
"""Folder of re-run results; its files are named by row, and a row may be called `record`."""

# Besides what the readers refuse themselves: damaged deflate data, lone surrogates and
# NaN in JSON, and JSON nested deeper than Python recurses.
_UNREADABLE = (BenchError, ValueError, RecursionError, zlib.error, NotImplementedError)


@dataclass(frozen=True)
class Run:
    """One run. A failed one has neither `predictions` nor `correct` (bool, shape (10000,)).

    `path` is the folder below the results folder, with forward slashes.
    """

    path: str
    record: Record
    predictions: Predictions | None = None
    correct: NDArray[np.bool_] | None = None

    @property
    def hits(self) -> NDArray[np.bool_]:
        """Which test images a finished run got right."""
        assert self.correct is not None, f"{self.path} has no predictions"
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
    """Every run folder below one results folder, in order of path."""

    runs: tuple[Run, ...]
    unreadable: tuple[Problem, ...]


def collect(results: Path) -> Collected:
    """Read every run folder below `results`.

    A folder whose record or predictions cannot be read, or do not belong together, becomes
    a `Problem` instead of a `Run`.

    Raises:
        BenchError: `results` is no folder.
    """
    if not results.is_dir():
        raise BenchError(f"{results}: no such folder; train something first, or name another")
    labels = cache(test_labels)
    runs: list[Run] = []
    unreadable: list[Problem] = []
    for folder in run_folders(results):
        path = folder.relative_to(results).as_posix()
        try:
            record = read_record(folder)
            if record.status == "failed" or never_tested(record.config):
                runs.append(Run(path, record))
                continue
            predictions = read_predictions(folder)
            if predictions.digest != record.predictions_digest:
                raise BenchError(
                    f"{folder / predictions_file.FILE_NAME}: not the predictions that its "
                    "record was sealed with; restore the file or run it again"
                )
        except _UNREADABLE as error:
            unreadable.append(_problem(folder, path, error))
            continue
        # A dataset of the user's own has other labels; such a run is collected unscored.
        known = record.dataset in ("fashion_mnist", "mnist")
        correct = predictions.classes == labels(record.dataset) if known else None
        runs.append(Run(path, record, predictions, correct))
    return Collected(tuple(runs), tuple(unreadable))


def run_folders(results: Path) -> Iterator[Path]:
    """Yield the folders below `results` that hold a record, in order of path."""
    for folder, inner, files in os.walk(results):
        here = Path(folder)
        if record_file.FILE_NAME in files and here != results:
            inner.clear()
            yield here
            continue
        inner[:] = sorted(
            name
            for name in inner
            if not name.startswith(".") and not (here == results and name == RERUNS)
        )


def _problem(folder: Path, path: str, error: Exception) -> Problem:
    reason = str(error) or type(error).__name__
    for name in (record_file.FILE_NAME, predictions_file.FILE_NAME):
        if reason.startswith(f"{folder / name}: "):
            return Problem(f"{path}/{name}", reason.removeprefix(f"{folder / name}: "))
    return Problem(path, f"cannot be read ({reason})")
