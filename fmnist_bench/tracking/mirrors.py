"""Keeps trackers away from the run: their errors become one warning, their waits nobody's.

A tracker with a service behind it works in a process of its own, because such libraries
block on networks, hook into the interpreter's exit and start helpers. That process is told
what happens in JSON lines on its standard input, and prints warnings, one a line.
"""

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import psutil

from fmnist_bench.errors import BenchError
from fmnist_bench.tracking.tracker import Figures, LocalTracker, Tracker

log = logging.getLogger(__name__)

CHILD = "fmnist_bench.tracking.child"


def mirror(key: str, tracker: LocalTracker | Tracker, folder: Path) -> "InProcess | OwnProcess":
    """Put `tracker`, which conf/logger has under `key`, to work on the run in `folder`.

    Raises:
        BenchError: `tracker` is no tracker.
    """
    if isinstance(tracker, LocalTracker):
        return InProcess(key, folder, tracker)
    if isinstance(tracker, Tracker):
        return OwnProcess(key, folder, tracker.patience, tracker.later)
    raise BenchError(
        f"logger.{key}._target_: {type(tracker).__name__} is no tracker; "
        "see fmnist_bench/tracking/tracker.py"
    )


class InProcess:
    """A tracker that only writes a file of the run's folder."""

    patience = 0.0

    def __init__(self, name: str, folder: Path, tracker: LocalTracker) -> None:
        self._name, self._folder, self._tracker = name, folder, tracker
        self._broken = False

    def open(self) -> None:
        pass

    def begin(self, earlier: Sequence[Figures]) -> None:
        self._try(lambda: self._tracker.begin(self._folder, earlier))

    def epoch(self, figures: Figures) -> None:
        self._try(lambda: self._tracker.epoch(figures))

    def end(self, error: str | None, *, interrupted: bool) -> None:
        pass  # a file needs no closing words

    def close(self, seconds: float) -> None:
        pass

    def _try(self, call: Callable[[], None]) -> None:
        if self._broken:
            return
        try:
            call()
        except Exception as error:
            self._broken = True
            log.warning("logger=%s stopped: %s", self._name, " ".join(str(error).split()))


class OwnProcess:
    """A tracker in a process of its own, told through a pipe that a thread fills."""

    def __init__(self, name: str, folder: Path, patience: float, later: str) -> None:
        self.patience = patience
        self._name, self._folder, self._later = name, folder, later
        self._messages: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        self._gave_up = False
        self._process: subprocess.Popen[str] | None = None

    def open(self) -> None:
        try:
            # A group of its own: Ctrl-C and the end of the job's group are not meant for it.
            # It ends by itself when the pipe closes.
            self._process = subprocess.Popen(
                [sys.executable, "-m", CHILD, str(self._folder), self._name, str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                process_group=0,
            )
        except OSError as error:
            log.warning("logger=%s not started: %s", self._name, error.strerror)
            return
        threading.Thread(target=self._write, args=(self._process,), daemon=True).start()
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()

    def begin(self, earlier: Sequence[Figures]) -> None:
        self._messages.put({"begin": list(earlier)})

    def epoch(self, figures: Figures) -> None:
        self._messages.put({"epoch": figures})

    def end(self, error: str | None, *, interrupted: bool) -> None:
        self._messages.put({"end": error, "interrupted": interrupted})
        self._messages.put(None)

    def close(self, seconds: float) -> None:
        if self._process is None:
            return
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            if not self._gave_up:
                self._warn(f"was not ready {self.patience:g} s after the run and is stopped")
        finally:
            _kill(self._process)
            self._reader.join(1.0)

    def _write(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdin is not None
        try:
            while (message := self._messages.get()) is not None:
                process.stdin.write(json.dumps(message) + "\n")
                process.stdin.flush()
            process.stdin.close()
        except OSError:
            return  # it ended early and has said why

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                self._gave_up = True
                self._warn(line.strip())

    def _warn(self, text: str) -> None:
        log.warning("logger=%s %s; %s", self._name, text, self._later)


def _kill(process: "subprocess.Popen[str]") -> None:
    """End the process and what it started, if anything of it still runs."""
    try:
        left = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        left = []
    process.kill()
    process.wait()
    for each in left:
        try:
            each.kill()
        except psutil.NoSuchProcess:
            continue
