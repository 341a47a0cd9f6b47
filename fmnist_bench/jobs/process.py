"""Starting, watching and stopping the process of one job."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self

from fmnist_bench.config.values import processes, spans_nodes
from fmnist_bench.jobs.environment import job_environment
from fmnist_bench.jobs.worker import STOPPED
from fmnist_bench.records.environment import CORES_VARIABLE
from fmnist_bench.records.spec import Spec

COMMAND = (sys.executable, "-m")
WORKER = "fmnist_bench.jobs.worker"
"""Module whose `main` a job's process runs, with the run's folder as its argument."""

_ASKED_TO_STOP = (STOPPED, -signal.SIGINT, -signal.SIGTERM, -signal.SIGHUP)
_PATIENCE_SECONDS = 60  # for a job that was asked to stop
_POLL_SECONDS = 0.5
_OF_A_JOB = (CORES_VARIABLE, "CUDA_VISIBLE_DEVICES")
"""What a job may have differently from the server that it is forked from."""
NOTHING: Mapping[str, str] = MappingProxyType({})


class TimeLimit(Exception):
    """The job took longer than it may."""


class _Server:
    """A server that has everything imported, and the jobs that were forked from it.

    Any number of threads may start jobs and wait for them.
    """

    def __init__(self, environment: dict[str, str]) -> None:
        answers, answering = os.pipe()
        life, self._living = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "fmnist_bench.jobs.server", str(answering), str(life)],
            env=environment,
            stdin=subprocess.PIPE,
            pass_fds=(answering, life),
            process_group=0,
        )
        os.close(answering)
        os.close(life)
        self._statuses: dict[int, int] = {}
        self._started: list[int | None] = []
        self._gone = False
        self._starting, self._news = threading.Lock(), threading.Condition()
        self._listener = threading.Thread(target=self._listen, args=(answers,), daemon=True)
        self._listener.start()

    def start(self, module: str, folder: Path, environment: Mapping[str, str]) -> int | None:
        """Fork a job, with `environment` in its own; return its process, None if none starts."""
        request = {"module": module, "folder": str(folder), "environment": dict(environment)}
        assert self._process.stdin is not None
        with self._starting:
            try:
                self._process.stdin.write(json.dumps(request).encode() + b"\n")
                self._process.stdin.flush()
            except BrokenPipeError:
                return None
            with self._news:
                self._news.wait_for(lambda: self._started or self._gone)
                return self._started.pop() if self._started else None

    def wait(self, pid: int, seconds: float) -> int | None:
        """Return the exit status of `pid`, None if it still runs after `seconds`."""
        with self._news:
            self._news.wait_for(lambda: pid in self._statuses or self._gone, seconds)
            if pid in self._statuses:
                return self._statuses.pop(pid)
            # When the server is gone, its jobs end with it.
            return -signal.SIGKILL if self._gone else None

    def close(self) -> None:
        """End the server, and with it all jobs that still run."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()
        self._listener.join()
        os.close(self._living)

    def _listen(self, answers: int) -> None:
        """Take in what the server says, until it is gone."""
        with os.fdopen(answers, "rb") as lines:
            for line in lines:
                answer: dict[str, Any] = json.loads(line)
                with self._news:
                    if "ended" in answer:
                        self._statuses[answer["ended"]] = answer["status"]
                    else:
                        self._started.append(answer.get("pid"))
                    self._news.notify_all()
        with self._news:
            self._gone = True
            self._news.notify_all()


class Processes:
    """Starts the processes of jobs: forks of a server where that is possible.

    GPUs are hidden from runs on the CPU when their process starts, so they have a server of
    their own. Runs on several devices start afresh, since Lightning starts the other ranks
    from their command line, and so do all runs where a fork of a process with torch is unsafe.
    """

    def __init__(self, *, fork: bool) -> None:
        self._fork = fork and sys.platform == "linux"
        self._servers: dict[bool, _Server] = {}  # for runs on the CPU, and for others
        self._choosing = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for server in self._servers.values():
            server.close()

    def run(self, spec: Spec, module: str = WORKER) -> int:
        """Run the job of `spec` with the `main` of `module`.

        Returns its exit status, negative for a signal. Every process of the job is gone when
        this returns or raises.

        Raises:
            TimeLimit: the job took longer than time_limit_seconds.
            KeyboardInterrupt: after the job was told to stop and has stopped.
        """
        limit = spec.config["time_limit_seconds"]
        deadline = None if limit is None else time.monotonic() + limit
        with self.started(spec.config, spec.folder, module) as job:
            # In short waits, because a KeyboardInterrupt that Ray raises does not end a system
            # call.
            while deadline is None or time.monotonic() < deadline:
                left = _POLL_SECONDS if deadline is None else deadline - time.monotonic()
                status = job.wait(max(0.0, min(_POLL_SECONDS, left)))
                if status is not None:
                    return status
            raise TimeLimit

    @contextlib.contextmanager
    def started(
        self, config: dict[str, Any], folder: Path, module: str, extra: Mapping[str, str] = NOTHING
    ) -> "Iterator[_Job]":
        """Start a process for `config` in `folder`; end its whole group when the block ends.

        `extra` goes into its environment.
        """
        environment = {**job_environment(config), **extra}
        job = self._forked(config, folder, module, environment) if self._fork else None
        if job is None:
            job = _Fresh(environment, folder, module)
        try:
            yield job
        except TimeLimit:
            raise
        except BaseException:
            _stop(job)
            raise
        finally:
            # The group outlives its leader: after a crash of rank 0 the other ranks wait for it.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(job.pid, signal.SIGKILL)
            job.wait(_PATIENCE_SECONDS)
            job.close()

    def _forked(
        self, config: dict[str, Any], folder: Path, module: str, environment: dict[str, str]
    ) -> "_Job | None":
        if processes(config) > 1 or spans_nodes(config):
            return None
        on_cpu = config["trainer"]["accelerator"] == "cpu"
        with self._choosing:
            if on_cpu not in self._servers:
                self._servers[on_cpu] = _Server(environment)
            server = self._servers[on_cpu]
        own = {name: environment[name] for name in _OF_A_JOB if name in environment}
        pid = server.start(module, folder, own)
        return None if pid is None else _Job(pid, server)


class _Job:
    """A process that runs."""

    def __init__(self, pid: int, server: _Server) -> None:
        self.pid, self._server = pid, server
        self._status: int | None = None

    def wait(self, seconds: float) -> int | None:
        """Return the exit status, None if the process still runs after `seconds`."""
        if self._status is None:
            self._status = self._server.wait(self.pid, seconds)
        return self._status

    def close(self) -> None:
        """Let go of what watches the process, which has ended."""


class _Fresh(_Job):
    """A process that imports everything for itself."""

    def __init__(self, environment: dict[str, str], folder: Path, module: str) -> None:
        self._process = subprocess.Popen(
            [*COMMAND, module, str(folder)],
            env=environment,
            stdin=subprocess.PIPE,  # closes when this process dies, however it dies
            process_group=0,
        )
        self.pid = self._process.pid

    def wait(self, seconds: float) -> int | None:
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()


def was_stopped(status: int) -> bool:
    """Return whether a job with this exit status was asked to stop, so that it may continue."""
    return status in _ASKED_TO_STOP


def _stop(job: _Job) -> None:
    """Let the job finish what it is writing; a second Ctrl-C ends it at once."""
    with contextlib.suppress(KeyboardInterrupt, ProcessLookupError, PermissionError):
        os.killpg(job.pid, signal.SIGINT)
        job.wait(_PATIENCE_SECONDS)
