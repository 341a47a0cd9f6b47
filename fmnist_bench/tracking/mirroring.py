"""The process of trackers that wait for more than a disk; its arguments are FOLDER NAME...

FOLDER is the run's, each NAME a key of its config's `logger`. What happens comes as JSON lines
on standard input; when that closes without an end, the run was killed. A tracker that is over
is named on standard output, followed by a tab and what went wrong.
"""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TextIO

import psutil

from fmnist_bench.config.build import build
from fmnist_bench.records.spec import read_spec
from fmnist_bench.tracking.about import About
from fmnist_bench.tracking.ending import read_ending
from fmnist_bench.tracking.tracker import Tracker

Message = dict[str, Any]
GRACE_SECONDS = 7.0
KILLED: Message = {"end": "its process was killed", "interrupted": True, "seconds": GRACE_SECONDS}


def main(folder: Path, *names: str) -> None:
    """Follow the run in `folder` to its end with the trackers called `names`."""
    # Ctrl-C is for the run, which then says how it ended.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stream, answers = _take_over_streams()
    queue: SimpleQueue[Message] = SimpleQueue()
    killed = threading.Event()
    threading.Thread(target=_receive, args=(stream, queue, killed), daemon=True).start()
    nodes = read_spec(folder).config["logger"]
    left: dict[str, Tracker] = {name: build(nodes[name], f"logger.{name}") for name in names}
    while left:
        message = queue.get()
        if killed.is_set() and "start" in message:
            return  # what was not opened while the run lived shows nothing that looks alive
        for name, tracker in list(left.items()):
            said = None if "end" not in message else ""
            try:
                tell(tracker, message, folder)
            except Exception as error:  # of whatever kind a library's are
                said = one_line(error)
            if said is not None:
                del left[name]
                os.write(answers, f"{name}\t{said}\n".encode())


def tell(tracker: Tracker, message: Message, folder: Path) -> None:
    """Tell `tracker` what happened to the run in `folder`."""
    if "start" in message:
        tracker.start(About(**{**message["start"], "folder": folder}))
    if "epochs" in message:
        tracker.epochs(message["epochs"])
    if "end" in message and message["end"] is None:
        tracker.done(read_ending(folder))
    elif "end" in message:
        tracker.failed(message["end"], interrupted=message["interrupted"])


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


def _receive(stream: TextIO, queue: "SimpleQueue[Message]", killed: threading.Event) -> None:
    """Pass on messages; after the last, this process has so many seconds to live."""
    message: Message = {}
    for line in stream:
        message = json.loads(line)
        queue.put(message)
    if "end" not in message:
        killed.set()
        queue.put(message := KILLED)
    time.sleep(message["seconds"])
    kill_all(psutil.Process(), itself=False)
    os._exit(1)


def _take_over_streams() -> tuple[TextIO, int]:
    """Keep the pipes for messages; what a library reads or prints goes nowhere."""
    messages, answers = os.fdopen(os.dup(0)), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)
    return messages, answers


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
