"""One job of a sweep: is it done already, and if not, run it in a process of its own."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from fmnist_bench.errors import BenchError
from fmnist_bench.runs.outcome import failed_record
from fmnist_bench.runs.record import FILE_NAME as RECORD_FILE
from fmnist_bench.runs.record import Reason, Record, read_record, write_record
from fmnist_bench.runs.spec import Spec
from fmnist_bench.runs.worker import BUSY

State = Literal["done before", "trained", "failed", "failed before", "interrupted", "busy"]

# A variable that one job leaves behind, or that a launcher set for this process, must not
# make the next job believe it is a rank of something.
_RANK_VARIABLES = ("LOCAL_RANK", "NODE_RANK", "GROUP_RANK", "RANK", "WORLD_SIZE")
_RANK_PREFIXES = ("MASTER_", "PL_", "SLURM_NTASKS", "TORCHELASTIC_")


@dataclass(frozen=True)
class Outcome:
    """How a job ended; `detail` is its accuracies or what went wrong."""

    spec: Spec
    state: State
    detail: str

    @property
    def ok(self) -> bool:
        return self.state in ("done before", "trained")


def earlier_outcome(spec: Spec) -> Outcome | None:
    """Return the outcome that the run's folder records, None if it has none."""
    if not (spec.folder / RECORD_FILE).exists():
        return None
    record = read_record(spec.folder)
    if record.status == "done":
        return Outcome(spec, "done before", _accuracies(record))
    return Outcome(spec, "failed before", record.error or "")


def run_job(spec: Spec) -> Outcome:
    """Train `spec` in a new process and wait for it.

    A process that ends without a record (killed, out of time) gets one here.

    Raises:
        KeyboardInterrupt: after the process was told to stop and has stopped.
    """
    (spec.folder / RECORD_FILE).unlink(missing_ok=True)
    spec.write()
    started = datetime.now(UTC)
    limit = spec.config["trainer"]["time_limit_seconds"]
    process = subprocess.Popen(
        [sys.executable, "-m", "fmnist_bench.runs.worker", str(spec.folder)],
        env=_clean_environment(),
        stdin=subprocess.DEVNULL,
        process_group=0,
    )
    timed_out = False
    try:
        process.wait(limit)
    except subprocess.TimeoutExpired:
        timed_out = True
        _kill(process)
    except KeyboardInterrupt:
        _stop(process)
        raise
    if process.returncode == BUSY:
        return Outcome(spec, "busy", "another process is training it")
    if not (spec.folder / RECORD_FILE).exists():
        reason, error = _explain(process.returncode, limit if timed_out else None)
        write_record(spec.folder, failed_record(spec, started=started, reason=reason, error=error))
    record = read_record(spec.folder)
    if record.status == "done":
        return Outcome(spec, "trained", _accuracies(record))
    return Outcome(spec, "failed", record.error or "")


def _explain(status: int, limit: float | None) -> tuple[Reason, str]:
    if limit is not None:
        return "time limit", f"stopped after trainer.time_limit_seconds={limit:g}"
    if status < 0:
        name = signal.Signals(-status).name
        hint = "; the system does this when memory runs out" if name == "SIGKILL" else ""
        return "killed", f"its process was ended by {name}{hint}"
    return "error", f"its process ended with status {status} and left no record"


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Let the process finish what it is writing; a second Ctrl-C ends it at once."""
    try:
        os.killpg(process.pid, signal.SIGINT)
        process.wait()
    except KeyboardInterrupt:
        _kill(process)
    except ProcessLookupError:
        process.wait()


def _kill(process: "subprocess.Popen[bytes]") -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def _clean_environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if name not in _RANK_VARIABLES and not name.startswith(_RANK_PREFIXES)
    }


def _accuracies(record: Record) -> str:
    if record.test is None:
        raise BenchError(f"{record.identity}: a finished run without a test score")
    validation = f"validation {record.validation.accuracy:.4f}  " if record.validation else ""
    return f"{validation}test {record.test.accuracy:.4f}"
