"""One job of a sweep: is it done already, and if not, run it in a process of its own."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from signal import Signals
from typing import Literal

from filelock import FileLock, Timeout

from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.process import CHILD, TimeLimit, run_process, was_stopped
from fmnist_bench.jobs.worker import BUSY
from fmnist_bench.records.outcome import failed_record
from fmnist_bench.records.record import FILE_NAME as RECORD_FILE
from fmnist_bench.records.record import Reason, Record, read_record, write_record
from fmnist_bench.records.spec import Spec

State = Literal[
    "done before", "trained", "failed", "failed before", "interrupted", "not run", "busy"
]
LOCK_FILE = ".job.lock"
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
    """Return the outcome that the run's folder records, None if it has none."""
    if not (spec.folder / RECORD_FILE).exists():
        return None
    return _recorded(spec, done="done before", failed="failed before")


def run_job(spec: Spec, child: str = CHILD) -> Outcome:
    """Train `spec` in a new process of the module `child` and wait for it.

    A process that ends without a record (killed, out of time) gets one here, unless it was
    asked to stop. A run that another sweep has finished meanwhile is not trained again.

    Raises:
        BenchError: the run's folder cannot be written.
        KeyboardInterrupt: after the process was told to stop and has stopped.
    """
    with _claimed(spec) as claimed:
        if not claimed:
            return Outcome(spec, "busy", "another process is training it")
        earlier = earlier_outcome(spec)
        if earlier is not None and earlier.ok:
            return earlier
        return _train(spec, child)


def record_failure(spec: Spec, started: datetime, reason: Reason, error: str) -> Outcome:
    """Write the record of a run whose process could not write it, and return its outcome."""
    write_record(spec.folder, failed_record(spec, started=started, reason=reason, error=error))
    return _recorded(spec, done="trained", failed="failed")


def _train(spec: Spec, child: str) -> Outcome:
    (spec.folder / RECORD_FILE).unlink(missing_ok=True)
    spec.write()
    started = datetime.now(UTC)
    try:
        status = run_process(spec, child)
    except TimeLimit:
        limit = spec.config["trainer"]["time_limit_seconds"]
        error = f"stopped after trainer.time_limit_seconds={limit:g}"
        return record_failure(spec, started, "time limit", error)
    if status == BUSY:
        return Outcome(spec, "busy", "another process is training it")
    if (spec.folder / RECORD_FILE).exists():
        return _recorded(spec, done="trained", failed="failed")
    if was_stopped(status):
        return Outcome(spec, "interrupted", CONTINUES)
    return record_failure(spec, started, *_explain(status))


@contextlib.contextmanager
def _claimed(spec: Spec) -> Iterator[bool]:
    """Hold the run's lock; yield False if another sweep has it. A dead holder has it no more."""
    lock = FileLock(spec.folder / LOCK_FILE)
    try:
        spec.folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    except OSError as error:
        raise BenchError(f"{spec.folder}: cannot be written ({error.strerror})") from None
    try:
        yield True
    finally:
        lock.release()


def _explain(status: int) -> tuple[Reason, str]:
    if status < 0:
        name = Signals(-status).name
        hint = "; the system does this when memory runs out" if name == "SIGKILL" else ""
        return "killed", f"its process was ended by {name}{hint}"
    return "error", f"its process ended with status {status} and left no record"


def _recorded(spec: Spec, *, done: State, failed: State) -> Outcome:
    record = read_record(spec.folder)
    seconds = (record.ended - record.started).total_seconds()
    if record.status == "done":
        return Outcome(spec, done, _accuracies(record), seconds)
    return Outcome(spec, failed, f"{record.reason}: {record.error or ''}", seconds)


def _accuracies(record: Record) -> str:
    scores = {"validation": record.validation, "test": record.test}
    return "  ".join(f"{name} {score.accuracy:.4f}" for name, score in scores.items() if score)
