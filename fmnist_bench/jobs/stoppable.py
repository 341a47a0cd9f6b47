"""Jobs that several threads wait for, and that one of them tells to stop."""

import contextlib
import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

from fmnist_bench.jobs.process import NOTHING, Processes


class Stoppable(Processes):
    """Starts jobs through `processes`, with `extra` in their environment.

    Once `stop` is set, each thread that waits for a job gets a KeyboardInterrupt, as the main
    thread does of Ctrl-C: its job may finish what it is writing.
    """

    def __init__(self, processes: Processes, stop: Event) -> None:
        super().__init__(fork=False)
        self._processes, self._stop = processes, stop
        self._running: set[int] = set()

    @contextlib.contextmanager
    def started(
        self, config: dict[str, Any], folder: Path, module: str, extra: Mapping[str, str] = NOTHING
    ) -> Iterator[Any]:
        if self._stop.is_set():
            raise KeyboardInterrupt
        with self._processes.started(config, folder, module, extra) as job:
            self._running.add(job.pid)

            def wait(seconds: float) -> int | None:
                if self._stop.is_set():
                    raise KeyboardInterrupt
                status: int | None = job.wait(seconds)
                return status

            try:
                yield SimpleNamespace(wait=wait, pid=job.pid)
            finally:
                if not self._stop.is_set():
                    self._running.discard(job.pid)

    def kill(self) -> None:
        """End every job that runs, at once."""
        for pid in list(self._running):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
