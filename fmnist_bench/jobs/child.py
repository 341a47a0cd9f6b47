"""The process that `run_job` starts: a worker that ends with whoever started it.

`python -m fmnist_bench.jobs.child FOLDER`, its standard input a pipe that nobody writes to.
The pipe closes when the sweep dies, however it dies, so that no job runs on unseen.
"""

import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fmnist_bench.jobs.worker import Watchers

STOPPED = 130
"""Exit status of a job that was told to stop; the same command continues it."""


def main(folder: Path, watchers: "Watchers | None" = None) -> int:
    """Run the spec in `folder`, under `watchers` if there are any; return the exit status."""
    try:
        if "LOCAL_RANK" not in os.environ:  # the other ranks share this group, and end with it
            threading.Thread(target=_end_with_parent, daemon=True).start()
        # A worker of Ray has SIGINT blocked, a background job of a shell ignores it.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, signal.default_int_handler)
        # Slurm sends this to every process of a job; it is meant for submitit's.
        signal.signal(signal.SIGUSR2, signal.SIG_IGN)
        from fmnist_bench.jobs import worker

        return worker.main(folder, watchers) if watchers else worker.main(folder)
    except (KeyboardInterrupt, SystemExit):
        # Lightning turns Ctrl-C and SIGTERM into SystemExit with statuses 1 and 0.
        return STOPPED


def _end_with_parent() -> None:
    os.read(sys.stdin.fileno(), 1)
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
