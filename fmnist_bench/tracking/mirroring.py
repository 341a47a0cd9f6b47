"""The process of trackers that wait for more than a disk.

On standard input it is given pickles: the trackers by name, then one `Message` after another;
when that closes before the last one, the run was killed. A tracker that is over is named on
standard output, followed by a tab and what went wrong.
"""

import os
import pickle
import signal
import threading
import time
from collections.abc import Callable
from operator import methodcaller
from queue import SimpleQueue
from typing import Any, BinaryIO, NamedTuple

import psutil

from fmnist_bench.tracking.tracker import Tracker

GRACE_SECONDS = 7.0


class Message(NamedTuple):
    """What to call on each tracker; after the last message they have so many `seconds` left."""

    call: Callable[[Tracker], Any]
    seconds: float | None = None


_KILLED = Message(methodcaller("failed", "its process was killed", interrupted=True), GRACE_SECONDS)


def main() -> None:
    """Follow a run to its end."""
    # Ctrl-C is for the run, which then says how it ended.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stream, answers = _take_over_streams()
    left: dict[str, Tracker] = pickle.load(stream)
    queue: SimpleQueue[Message] = SimpleQueue()
    killed, opened = threading.Event(), False
    threading.Thread(target=_receive, args=(stream, queue, killed), daemon=True).start()
    while left:
        message = queue.get()
        if killed.is_set() and not opened:
            return  # what was not opened while the run lived shows nothing that looks alive
        opened = True
        for name, tracker in list(left.items()):
            said = None if message.seconds is None else ""
            try:
                message.call(tracker)
            except Exception as error:  # of whatever kind a library's are
                said = one_line(error)
            if said is not None:
                del left[name]
                os.write(answers, f"{name}\t{said}\n".encode())


def one_line(error: BaseException) -> str:
    """Return what `error` says, in one line that is not too long."""
    return " ".join(str(error).split())[:300] or type(error).__name__


def kill_all(process: psutil.Process, *, itself: bool) -> None:
    """Kill what `process` started, and perhaps `itself`."""
    for each in [*process.children(recursive=True), *([process] if itself else [])]:
        try:
            each.kill()
        except psutil.NoSuchProcess:
            continue


def _receive(stream: BinaryIO, queue: "SimpleQueue[Message]", killed: threading.Event) -> None:
    """Pass on messages; after the last, this process has so many seconds to live."""
    seconds = None
    while seconds is None:
        try:
            message = pickle.load(stream)
        except EOFError:
            killed.set()
            message = _KILLED
        queue.put(message)
        seconds = message.seconds
    time.sleep(seconds)
    kill_all(psutil.Process(), itself=False)
    os._exit(1)


def _take_over_streams() -> tuple[BinaryIO, int]:
    """Keep the pipes for messages; what a library reads or prints goes nowhere."""
    messages, answers = os.fdopen(os.dup(0), "rb"), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)
    return messages, answers


if __name__ == "__main__":
    from fmnist_bench.tracking import mirroring  # under the name that pickles know

    mirroring.main()
