"""The runs in a folder of outputs: what each was asked to be, and how far it is."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from fmnist_bench.config.kinds import recipe_of
from fmnist_bench.config.typed import flat, typed
from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.worker import LOCK_FILE
from fmnist_bench.records import record as record_file
from fmnist_bench.records import spec as spec_file
from fmnist_bench.records.find import ROOTS
from fmnist_bench.records.record import Record, read_record
from fmnist_bench.records.spec import Asked, Spec, read_spec


@dataclass(frozen=True, eq=False)
class ListedRun:
    """A run: `state` is done, failed, running, interrupted or, of a plan, missing.

    `recipe` is empty where nothing readable says it; `note` says what went wrong, if anything.
    """

    folder: Path
    state: str
    row: str
    recipe: Mapping[str, Any]
    asked: Asked
    record: Record | None
    note: str | None = None

    @property
    def name(self) -> str:
        return self.folder.name

    @cached_property
    def values(self) -> dict[str, Any]:
        """Its recipe by dotted key, what it chose of each group, its row."""
        own = {"row": self.row, **self.asked.choices, **flat(typed(self.recipe))}
        if self.asked.differing:  # as typed in a sweep: models by their name
            own |= {key: value for key, value in self.asked.differing.items() if key not in own}
        return own

    @property
    def validation(self) -> float | None:
        score = self.record.validation if self.record else None
        return score.accuracy if score else None

    @property
    def test(self) -> float | None:
        score = self.record.test if self.record else None
        return score.accuracy if score else None

    @property
    def epochs(self) -> int | None:
        return self.record.epochs if self.record else None

    @property
    def seconds(self) -> float | None:
        """Wall time of the whole run."""
        if self.record is None:
            return None
        return (self.record.ended - self.record.started).total_seconds()


def list_runs(folder: Path) -> list[ListedRun]:
    """Read every run below `folder`; of a folder of outputs its `runs`, without its searches.

    Raises:
        BenchError: there is no such folder.
    """
    if not folder.is_dir():
        raise BenchError(f"{folder}: no such folder; train something first, or name another")
    runs = folder / "runs"
    return [_read(each) for each in _folders(runs if runs.is_dir() else folder)]


def run_of(spec: Spec) -> ListedRun:
    """Return the run of `spec` as it stands."""
    try:
        record = read_record(spec.folder) if _has_record(spec.folder) else None
        state, error = _state(spec.folder, record)
        missing = not (spec.folder / spec_file.FILE_NAME).exists()
        state = "missing" if record is None and missing else state
    except BenchError as wrong:
        record, state, error = None, "failed", str(wrong)
    row = spec.config["row"]["name"]
    return ListedRun(spec.folder, state, row, spec.recipe, spec.asked, record, error)


def refuse_delete(runs: Sequence[ListedRun]) -> None:
    """Refuse to delete a run that is published or still trains.

    Raises:
        BenchError: there is one.
    """
    results = ROOTS[1].resolve()
    for run in runs:
        if run.folder.resolve().is_relative_to(results):
            raise BenchError(f"{run.folder}: a published run, which is not deleted from here")
        if run.state == "running":
            raise BenchError(f"{run.folder}: still running; stop it first")


def _folders(root: Path) -> Iterator[Path]:
    for folder, inner, files in os.walk(root):
        if record_file.FILE_NAME in files or spec_file.FILE_NAME in files:
            inner.clear()
            yield Path(folder)
        inner[:] = sorted(name for name in inner if not name.startswith("."))


def _read(folder: Path) -> ListedRun:
    asked, row, recipe = Asked(), folder.name, {}
    record, error = None, None
    try:
        if (folder / spec_file.FILE_NAME).exists():
            spec = read_spec(folder)
            asked, row, recipe = spec.asked, spec.config["row"]["name"], recipe_of(spec.config)
        record = read_record(folder) if _has_record(folder) else None
    except BenchError as wrong:
        return ListedRun(folder, "failed", row, recipe, asked, None, str(wrong))
    if record is not None:
        row, recipe = record.row.name, record.recipe or recipe
    state, error = _state(folder, record)
    return ListedRun(folder, state, row, recipe, asked, record, error)


def _has_record(folder: Path) -> bool:
    return (folder / record_file.FILE_NAME).exists()


def _state(folder: Path, record: Record | None) -> tuple[str, str | None]:
    if record is not None:
        error = f"{record.reason}: {record.error}" if record.status == "failed" else None
        return record.status, error
    return ("running" if _held(folder) else "interrupted"), None


def _held(folder: Path) -> bool:
    """Whether a process trains the run; looking takes its lock for an instant."""
    if not (folder / LOCK_FILE).exists():
        return False
    try:
        with FileLock(folder / LOCK_FILE, timeout=0):
            return False
    except Timeout:
        return True
