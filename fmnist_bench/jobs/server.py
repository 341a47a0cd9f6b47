"""The process that a sweep's jobs are forked from: `python -m fmnist_bench.jobs.server FD FD`.

Importing torch and Lightning takes seconds; here it is done once. Each job is a fork, with a
process group, memory and random state of its own. Requests come as JSON lines on standard
input, answers go as JSON lines to the first descriptor. The second is the reading end of a pipe
that nobody writes to: it closes when the sweep dies, however it dies.
"""

import contextlib
import gc
import importlib
import json
import logging
import os
import selectors
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

PRELOADED = (
    "fmnist_bench.training.run",
    "fmnist_bench.training.classifier",
    "fmnist_bench.tracking.live",
    "fmnist_bench.pictures.run",
    "fmnist_bench.jobs.check",
    "fmnist_bench.jobs.worker",
    "fmnist_bench.nets.timm_net",
    "torch.optim",
    "torchvision",
)


def main(answers: int, life: int) -> NoReturn:
    """Serve until standard input closes; then end every job that still runs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for module in PRELOADED:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()  # what is never collected is never written to, and stays shared
    wakeup, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    selector = selectors.DefaultSelector()
    selector.register(0, selectors.EVENT_READ)
    selector.register(wakeup, selectors.EVENT_READ)
    jobs: set[int] = set()
    pending = b""
    while True:
        for key, _ in selector.select():
            content = os.read(key.fd, 1 << 16)
            if key.fd == wakeup:
                continue
            if not content:
                for job in jobs:
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        os.killpg(job, signal.SIGKILL)
                os._exit(0)  # at an orderly end, torch's bindings list what they still hold
            *lines, pending = (pending + content).split(b"\n")
            for line in lines:
                answer = _start(json.loads(line), answers, life)
                if "pid" in answer:
                    jobs.add(answer["pid"])
                _say(answers, answer)
        while True:
            try:
                job, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if job == 0:
                break
            jobs.discard(job)
            _say(answers, {"ended": job, "status": os.waitstatus_to_exitcode(status)})


def _start(request: dict[str, Any], answers: int, life: int) -> dict[str, Any]:
    """Fork the job of `request`; return its process, or why it cannot be forked."""
    threads = len(list(Path("/proc/self/task").iterdir()))
    if threads != 1:
        return {"refused": f"the server runs {threads} threads, and only one survives a fork"}
    sys.stdout.flush()
    sys.stderr.flush()
    job = os.fork()
    if job:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.setpgid(job, job)
        return {"pid": job}
    status = 1
    try:
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        nowhere = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nowhere, 0)
        sys.argv[1:] = [request["folder"]]
        os.environ.update(request["environment"])
        os.close(answers)  # so that it closes when the server dies
        status = importlib.import_module(request["module"]).main(Path(request["folder"]), life)
    finally:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _say(answers: int, answer: dict[str, Any]) -> None:
    os.write(answers, json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
