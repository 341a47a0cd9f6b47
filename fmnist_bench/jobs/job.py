"""One job of a sweep: is it done already, and if not, run it in a process of its own."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from signal import Signals
from typing import Literal

from fmnist_bench.config.values import spans_nodes
from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.process import WORKER, Processes, TimeLimit, was_stopped
from fmnist_bench.jobs.worker import BUSY
from fmnist_bench.records.environment import is_first_process
from fmnist_bench.records.outcome import failed_record
from fmnist_bench.records.reads import FILE_NAME as READS_FILE
from fmnist_bench.records.record import FILE_NAME as RECORD_FILE
from fmnist_bench.records.record import Reason, Record, read_record, write_record
from fmnist_bench.records.source import source_digest
from fmnist_bench.records.spec import Spec

State = Literal[
    "done before", "trained", "failed", "failed before", "interrupted", "not run", "busy"
]
OUTDATED = "the code has changed since; --force trains it again"
CONTINUES = "the same command continues it"


@dataclass(frozen=True)
class Outcome:
    """How a job ended; `detail` is its accuracies or what went wrong.

    `seconds` is the wall time that its record spans, None without a record.
    """

    spec: Spec
    state: State
    detail: str
    seconds: float | None = None

    @property
    def ok(self) -> bool:
        return self.state in ("done before", "trained")


def earlier_outcome(spec: Spec) -> Outcome | None:
    """Return the outcome that the run's folder records, None if it has none.

    A record that cannot be read is one that failed; the run can be started again.
    """
    if not (spec.folder / RECORD_FILE).exists():
        return None
    return _recorded(spec, done="done before", failed="failed before")


def run_job(spec: Spec, processes: Processes | None = None, module: str = WORKER) -> Outcome:
    """Train `spec` in a new process, with the `main` of `module`, and wait for it.

    `processes` starts it; by default a process that imports everything for itself. One that
    ends without a record (killed, out of time) gets one here, unless it was asked to stop. A
    run that another sweep has finished meanwhile is not trained again.

    Raises:
        BenchError: the run's folder cannot be written.
        KeyboardInterrupt: after the process was told to stop and has stopped.
    """
    before = _record_bytes(spec)
    earlier = earlier_outcome(spec)
    if earlier is not None and earlier.ok:
        return earlier
    spec.write()
    started = datetime.now(UTC)
    try:
        status = (processes or Processes(fork=False)).run(spec, module)
    except TimeLimit:
        limit = spec.config["time_limit_seconds"]
        error = f"stopped after time_limit_seconds={limit:g}"
        return record_failure(spec, started, "time limit", error)
    if status == BUSY:
        return Outcome(spec, "busy", "another process is training it")
    if status == 0 and not keeps_record(spec):
        return Outcome(spec, "trained", "the first node keeps the record")
    if _record_bytes(spec) not in (None, before):  # a record from before says nothing of this
        return _recorded(spec, done="trained", failed="failed")
    if was_stopped(status):
        return Outcome(spec, "interrupted", CONTINUES)
    return record_failure(spec, started, *_explain(status))


def _record_bytes(spec: Spec) -> bytes | None:
    try:
        return (spec.folder / RECORD_FILE).read_bytes()
    except FileNotFoundError:
        return None


def keeps_record(spec: Spec) -> bool:
    """Whether this process is to write of `spec`: of one on several nodes, the first one is."""
    return is_first_process() or not spans_nodes(spec.config)


def forget(folder: Path) -> None:
    """Remove what the run in `folder` has written, so that it is trained again from the start.

    Raises:
        BenchError: it cannot be removed.
    """
    try:
        for path in folder.glob("*") if folder.is_dir() else ():
            if path.name != READS_FILE:  # a test set that was read stays read
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    except OSError as error:
        raise BenchError(f"{folder}: cannot be removed ({error.strerror})") from None


def record_failure(spec: Spec, started: datetime, reason: Reason, error: str) -> Outcome:
    """Write the record of a run whose process could not write it, and return its outcome."""
    if not keeps_record(spec):
        return Outcome(spec, "failed", f"{reason}: {error}; the first node keeps the record")
    write_record(spec.folder, failed_record(spec, started=started, reason=reason, error=error))
    return _recorded(spec, done="trained", failed="failed")


def _explain(status: int) -> tuple[Reason, str]:
    if status < 0:
        name = Signals(-status).name
        hint = "; the system does this when memory runs out" if name == "SIGKILL" else ""
        return "killed", f"its process was ended by {name}{hint}"
    return "error", f"its process ended with status {status} and left no record"


def _recorded(spec: Spec, *, done: State, failed: State) -> Outcome:
    try:
        record = read_record(spec.folder)
    except BenchError as error:
        return Outcome(spec, failed, str(error))
    seconds = (record.ended - record.started).total_seconds()
    if record.status == "done":
        detail = _accuracies(record)
        if done == "done before" and _changed(spec, record):
            detail += f"  ({OUTDATED})"
        return Outcome(spec, done, detail, seconds)
    return Outcome(spec, failed, f"{record.reason}: {record.error or ''}", seconds)


def _changed(spec: Spec, record: Record) -> bool:
    source = record.code.source if record.code else None
    return source is not None and source != source_digest(spec.config)


def _accuracies(record: Record) -> str:
    """Return the accuracy to choose by; the test accuracy is in the record, to report."""
    return f"validation {record.validation.accuracy:.4f}" if record.validation else ""
