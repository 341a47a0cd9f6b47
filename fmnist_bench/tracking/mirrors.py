"""Keeps trackers away from the run: their errors become one warning, their waits nobody's.

Trackers with a service behind them work in one process of their own, because such libraries
block on networks, hook into the interpreter's exit and start helpers.
"""

import contextlib
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from queue import SimpleQueue

import psutil

from fmnist_bench.tracking import mirroring
from fmnist_bench.tracking.mirroring import GRACE_SECONDS, Message
from fmnist_bench.tracking.tracker import Tracker

log = logging.getLogger(__name__)


class Here:
    """Trackers at work in the run's own process; no method raises."""

    def __init__(self, trackers: Mapping[str, Tracker], folder: Path) -> None:
        self._left, self._folder = dict(trackers), folder

    def tell(self, message: Message) -> None:
        """Tell what happened."""
        for name, tracker in list(self._left.items()):
            try:
                mirroring.tell(tracker, message, self._folder)
            except Exception as error:  # of whatever kind a library's are
                _warn(name, self._left.pop(name), mirroring.one_line(error))

    def close(self) -> None:
        """Return, since they do at once what they are told."""


class Apart:
    """Trackers at work in another process; no method raises, and none but `close` waits."""

    def __init__(self, trackers: Mapping[str, Tracker], folder: Path) -> None:
        self._left = dict(trackers)
        self._patience = max(tracker.patience for tracker in trackers.values())
        self._messages: SimpleQueue[Message | None] = SimpleQueue()
        self._process: subprocess.Popen[str] | None = None
        try:
            # A group of its own: Ctrl-C and the end of the job's group are not meant for it. It
            # ends by itself when the pipe closes.
            self._process = subprocess.Popen(
                [sys.executable, "-m", mirroring.__name__, str(folder), *trackers],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                process_group=0,
            )
        except OSError as error:
            self._give_up(f"its process does not start ({error.strerror})")
            return
        threading.Thread(target=self._write, args=(self._process,), daemon=True).start()
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()

    def tell(self, message: Message) -> None:
        """Tell what happened."""
        if "end" in message:
            message = message | {"seconds": self._patience + GRACE_SECONDS}
        self._messages.put(message)

    def close(self) -> None:
        """Wait until all are over, or their patience; then end what is left of them."""
        self._messages.put(None)
        if self._process is None:
            return
        try:
            self._process.wait(self._patience)
        except subprocess.TimeoutExpired:
            self._give_up(f"not ready {self._patience:g} s after the run")
        finally:
            with contextlib.suppress(psutil.NoSuchProcess):
                mirroring.kill_all(psutil.Process(self._process.pid), itself=True)
            self._process.wait()
            self._reader.join(1.0)

    def _write(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdin is not None
        # It may have ended early, and has then said why.
        with contextlib.suppress(OSError), process.stdin as stream:
            while (message := self._messages.get()) is not None:
                stream.write(json.dumps(message) + "\n")
                stream.flush()

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                name, _, why = line.rstrip("\n").partition("\t")
                self._give_up(why, name)
        self._give_up("its process ended")

    def _give_up(self, why: str, *names: str) -> None:
        for name in names or list(self._left):
            tracker = self._left.pop(name, None)
            if tracker is not None and why:
                _warn(name, tracker, why)


def _warn(name: str, tracker: Tracker, why: str) -> None:
    log.warning("logger=%s stopped, the run goes on: %s; %s", name, why, tracker.later)
