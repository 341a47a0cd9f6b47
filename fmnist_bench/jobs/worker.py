"""The process of one run: `python -m fmnist_bench.jobs.worker FOLDER`, or a fork of the server.

Every run has a process of its own, so that no run inherits another's memory, threads or
random state, and so that each rank of a run on several devices starts from the same spec.
"""

import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from fmnist_bench.errors import BenchError
from fmnist_bench.records.environment import is_first_process
from fmnist_bench.records.outcome import failed_record
from fmnist_bench.records.record import FILE_NAME as RECORD_FILE
from fmnist_bench.records.record import Reason, Record, read_record, write_record
from fmnist_bench.records.spec import Spec, read_spec

if TYPE_CHECKING:
    from pytorch_lightning.callbacks import Callback

LOG_FILE = "run.log"
LOCK_FILE = ".lock"
BUSY = 75
"""Exit status when another process is training the same run (EX_TEMPFAIL)."""

STOPPED = 130
"""Exit status of a job that was told to stop; the same command continues it."""

log = logging.getLogger("fmnist_bench")

Watchers = Callable[[Path], "list[Callback]"]
"""Makes the callbacks of whoever ordered the run in a folder."""


def nobody(folder: Path) -> "list[Callback]":
    """Return no callbacks."""
    return []


def main(folder: Path, life: int | None = None, watchers: Watchers = nobody) -> int:
    """Run the spec in `folder` under the callbacks that `watchers` makes for it.

    With `life`, a descriptor, the process and its group end when that can be read from: it is
    the end of a pipe that closes when whoever started the run dies.

    Returns the exit status.
    """
    try:
        if life is not None:
            threading.Thread(target=_end_with, args=(life,), daemon=True).start()
        # A worker of Ray has SIGINT blocked, a background job of a shell ignores it.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, signal.default_int_handler)
        # Slurm sends this to every process of a job; it is meant for submitit's.
        signal.signal(signal.SIGUSR2, signal.SIG_IGN)
        spec = read_spec(folder)
        _set_up_logging(folder)
        if not is_first_process():
            return _run(spec, watchers)
        try:
            # Whoever lists runs looks at this lock for an instant.
            with FileLock(folder / LOCK_FILE, timeout=0.1):
                return 0 if _done(folder) else _run(spec, watchers)
        except Timeout:
            return BUSY
    except (KeyboardInterrupt, SystemExit):
        # Lightning turns Ctrl-C and SIGTERM into SystemExit with statuses 1 and 0.
        return STOPPED


def _end_with(life: int) -> None:
    os.read(life, 1)
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _done(folder: Path) -> bool:
    """Whether another sweep has finished the run meanwhile; a failed record goes."""
    try:
        if read_record(folder).status == "done":
            return True
    except BenchError:
        pass
    (folder / RECORD_FILE).unlink(missing_ok=True)
    return False


def _run(spec: Spec, watchers: Watchers) -> int:
    started = datetime.now(UTC)
    try:
        # Only here, because this import takes seconds and can itself run out of memory.
        from fmnist_bench.tracking.live import follow
        from fmnist_bench.training.run import run

        quieten_lightning()
        asked = spec.asked
        with follow(spec, sweep=asked.sweep, differing=asked.differing) as (live, loggers):
            record = run(spec, [*watchers(spec.folder), live], loggers)
            if record is not None:
                _draw(spec)  # in time for trackers to show it
    except Exception as error:
        _record_failure(spec, started, error)
        return 1
    if record is not None:
        log.info("%s  %s", _accuracies(record, alone=asked.sweep is None), spec.name)
    return 0


def _accuracies(record: Record, *, alone: bool) -> str:
    """Return what a run's last line says; in a sweep, from which one chooses, not the test."""
    scores = {"validation": record.validation, "test": record.test if alone else None}
    told = [f"{name} accuracy {each.accuracy:.4f}" for name, each in scores.items() if each]
    return ", ".join(told) or "done"


def _draw(spec: Spec) -> None:
    try:
        from fmnist_bench.pictures.run import draw_run

        draw_run(spec.folder)
    except Exception as error:  # whatever a plotting library raises: the run is done
        log.warning("no pictures of %s: %s", spec.name, " ".join(str(error).split()))


def _record_failure(spec: Spec, started: datetime, error: Exception) -> None:
    text = " ".join(str(error).split()) or type(error).__name__
    if not isinstance(error, BenchError):
        text = f"{type(error).__name__}: {text}"
        log.debug("%s", "".join(traceback.format_exception(error)))
    log.error("%s failed: %s", spec.name, text)
    if is_first_process():
        record = failed_record(spec, started=started, reason=_reason(error), error=text)
        write_record(spec.folder, record)


_REASONS: dict[str, Reason] = {"Diverged": "diverged", "Pruned": "pruned"}
"""Exception -> what the record says; by name, since the classes import torch."""


def _reason(error: Exception) -> Reason:
    causes = list(_causes(error))
    names = {kind.__name__ for cause in causes for kind in type(cause).__mro__}
    for name, reason in _REASONS.items():
        if name in names:
            return reason
    # On a CPU torch says so in a RuntimeError; Hydra wraps what a net's constructor raises.
    full = any("DefaultCPUAllocator" in str(cause) for cause in causes)
    if full or names & {"OutOfMemoryError", "MemoryError"}:
        return "out of memory"
    return "error"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _set_up_logging(folder: Path) -> None:
    terminal = logging.StreamHandler(sys.stdout)
    terminal.setLevel(logging.INFO)
    terminal.setFormatter(logging.Formatter("%(message)s"))
    file = logging.FileHandler(folder / LOG_FILE)
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.setLevel(logging.DEBUG)
    log.handlers = [terminal, file]
    log.propagate = False
    # Warnings of libraries go to the log file alone.
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").handlers = [file]


def quieten_lightning() -> None:
    """Leave Lightning its warnings alone."""
    # Its lines (devices found, checkpoints restored) say nothing that a record does not, and
    # would drown a sweep's. It sets its level when it is imported, so this comes after.
    for name in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), life=0))
