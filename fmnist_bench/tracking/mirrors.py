"""Keeps trackers away from the run: their errors become one warning, their waits nobody's.

Trackers with a service behind them work in one process of their own, because such libraries
block on networks, hook into the interpreter's exit and start helpers.
"""

import contextlib
import logging
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from queue import SimpleQueue
from typing import Any

import psutil

from fmnist_bench.tracking import mirroring
from fmnist_bench.tracking.mirroring import GRACE_SECONDS, Message
from fmnist_bench.tracking.tracker import Tracker

log = logging.getLogger(__name__)


class Mirrors:
    """Trackers at work. No method raises, and none but `finish` waits for those apart."""

    def __init__(self, trackers: Mapping[str, Tracker]) -> None:
        self._left = dict(trackers)
        apart = {name: each for name, each in trackers.items() if each.apart}
        self._here = [name for name in trackers if name not in apart]
        self._patience = max((each.patience for each in apart.values()), default=0.0)
        self._messages: SimpleQueue[Message | None] = SimpleQueue()
        self._process: subprocess.Popen[bytes] | None = None
        try:
            pickled = pickle.dumps(apart)
            # A group of its own: Ctrl-C and the end of the job's group are not meant for it. It
            # ends by itself when the pipe closes.
            if apart:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", mirroring.__name__],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    process_group=0,
                )
        except Exception as error:  # too many processes, or a tracker that cannot be pickled
            self._give_up(f"its process does not start ({mirroring.one_line(error)})", *apart)
        if self._process:
            given = (self._process, pickled)
            threading.Thread(target=self._write, args=given, daemon=True).start()
            self._reader = threading.Thread(target=self._read, args=given[:1], daemon=True)
            self._reader.start()

    def tell(self, call: Callable[[Tracker], Any], *, last: bool = False) -> None:
        """Make `call` on every tracker; the `last` one ends them."""
        for name in self._here:
            try:
                if name in self._left:
                    call(self._left[name])
            except Exception as error:  # of whatever kind a library's are
                self._give_up(mirroring.one_line(error), name)
        self._messages.put(Message(call, self._patience + GRACE_SECONDS if last else None))

    def finish(self, call: Callable[[Tracker], Any]) -> None:
        """Make the last `call`, wait until all are over or their patience is, and end them."""
        self.tell(call, last=True)
        self._messages.put(None)
        if self._process is None:
            return
        try:
            self._process.wait(self._patience)
        except subprocess.TimeoutExpired:
            self._give_up_apart(f"not ready {self._patience:g} s after the run")
        finally:
            with contextlib.suppress(psutil.NoSuchProcess):
                mirroring.kill_all(psutil.Process(self._process.pid), itself=True)
            self._process.wait()
            self._reader.join(1.0)

    def _write(self, process: "subprocess.Popen[bytes]", pickled: bytes) -> None:
        assert process.stdin is not None
        # It may have ended early, and has then said why.
        with contextlib.suppress(OSError), process.stdin as stream:
            stream.write(pickled)
            while (message := self._messages.get()) is not None:
                stream.write(pickle.dumps(message))
                stream.flush()

    def _read(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                name, _, why = line.decode().rstrip("\n").partition("\t")
                self._give_up(why, name)
        self._give_up_apart("its process ended")

    def _give_up_apart(self, why: str) -> None:
        self._give_up(why, *(name for name in list(self._left) if name not in self._here))

    def _give_up(self, why: str, *names: str) -> None:
        for name in names:
            tracker = self._left.pop(name, None)
            if tracker is not None and why:
                said = "logger=%s stopped, the run goes on: %s; %s"
                log.warning(said, name, why, tracker.later)
