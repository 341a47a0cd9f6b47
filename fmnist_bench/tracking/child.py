"""The process of one tracker: `python -m fmnist_bench.tracking.child FOLDER NAME PROCESS`.

FOLDER is the run's, NAME the tracker's key in conf/logger, PROCESS trains the run. What
happens comes as JSON lines on standard input; when that closes without an end, the run was
killed. Warnings go to standard output, one a line.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from hydra.utils import instantiate

from fmnist_bench.records.spec import Spec, read_spec
from fmnist_bench.tracking.about import about_spec
from fmnist_bench.tracking.ending import read_ending
from fmnist_bench.tracking.tracker import Tracker

KILLED: dict[str, Any] = {"end": "its process was killed", "interrupted": True}
GRACE_SECONDS = 5.0


def main(folder: Path, name: str, process: int) -> int:
    """Follow the run in `folder` to its end; return 1 if the tracker gave up."""
    # Ctrl-C is for the run, which then says how it ended.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    messages, say = _take_over_streams()
    try:
        spec = read_spec(folder)
        tracker: Tracker = instantiate(spec.config["logger"][name], _convert_="all")
        received = _received(messages, tracker.patience + GRACE_SECONDS)
        _follow(tracker, spec, process, received)
    except Exception as error:
        text = " ".join(str(error).split()) or type(error).__name__
        say.write(f"stopped, the run goes on: {text[:300]}\n")
        say.flush()
        return 1
    return 0


def _follow(tracker: Tracker, spec: Spec, process: int, messages: Iterator[dict[str, Any]]) -> None:
    started = False
    for message in messages:
        if "epoch" in message:
            tracker.epoch(message["epoch"])
            continue
        if not started:
            # A run that fails before it trains is shown too.
            tracker.start(about_spec(spec, process), message.get("begin", []))
            started = True
        if "end" not in message:
            continue
        if message["end"] is None:
            tracker.done(read_ending(spec.folder, spec.data_folder))
        else:
            tracker.failed(message["end"], interrupted=message["interrupted"])
        return


def _received(stream: Any, patience: float) -> Iterator[dict[str, Any]]:
    """Yield messages; once the last has come, this process has so many seconds to live."""
    queue: SimpleQueue[dict[str, Any]] = SimpleQueue()

    def receive() -> None:
        for line in stream:
            queue.put(json.loads(line))
        queue.put(KILLED)
        watchdog = threading.Timer(patience, os._exit, (1,))
        watchdog.daemon = True
        watchdog.start()

    threading.Thread(target=receive, daemon=True).start()
    while True:
        yield queue.get()


def _take_over_streams() -> tuple[Any, Any]:
    """Keep the pipes for messages; what a library reads or prints goes nowhere."""
    messages, say = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)
    return messages, say


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
