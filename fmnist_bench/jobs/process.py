"""Starting, watching and stopping the process of one job."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from fmnist_bench.jobs.child import STOPPED
from fmnist_bench.records.environment import CORES_VARIABLE, cores
from fmnist_bench.records.spec import Spec

COMMAND = (sys.executable, "-m")
CHILD = "fmnist_bench.jobs.child"
"""Module that a job's process runs, with the run's folder as its argument."""

# A variable that one job leaves behind, or that a launcher set for this process, must not
# make the next job believe it is a rank of something.
_RANK_VARIABLES = ("LOCAL_RANK", "NODE_RANK", "GROUP_RANK", "RANK", "WORLD_SIZE")
_RANK_PREFIXES = ("MASTER_", "PL_", "SLURM_", "SUBMITIT_", "TORCHELASTIC_")

SPIN_COUNT = "40000"
"""Turns that a waiting thread of GNU OpenMP makes before it sleeps, some tenths of a millisecond.

Images/s of the two-layer CNN and of MobileNetV2 on two cores, quiet and with one core taken:
10,000 turns 5,400, 444 and 1,931, 85; 40,000 turns 6,000, 470 and 1,211, 73; 160,000 turns
6,200, 474 and 595, 46. With none, small nets train at two thirds of their speed.
"""

KEPT_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(4 << 30), "MALLOC_TRIM_THRESHOLD_": str(16 << 30)}
"""Makes glibc's malloc keep what is freed (mallopt(3)) instead of giving it back to the system.

A training step frees and takes the same blocks again and again; each time the system has to
hand over zeroed pages, which took a tenth (two-layer CNN) of a step's time on two cores.
"""

HUGE_PAGES = "glibc.malloc.hugetlb=1"
"""Makes malloc ask for pages of 2 MiB (GLIBC_TUNABLES, glibc 2.35 on) where Linux waits for that.

Worth 3 % to the MLP and 5 % to the two-layer CNN on two cores, nothing to MobileNetV2.
"""

_ASKED_TO_STOP = (STOPPED, -signal.SIGINT, -signal.SIGTERM, -signal.SIGHUP)
_PATIENCE_SECONDS = 60  # for a job that was asked to stop


class TimeLimit(Exception):
    """The job took longer than it may."""


def run_process(spec: Spec, child: str = CHILD) -> int:
    """Run the job of `spec` in a process of the module `child`.

    Returns its exit status, negative for a signal. Every process of the job is gone when this
    returns or raises.

    Raises:
        TimeLimit: the job took longer than trainer.time_limit_seconds.
        KeyboardInterrupt: after the job was told to stop and has stopped.
    """
    with _started(child, spec.folder, _environment(spec)) as process:
        limit = spec.config["trainer"]["time_limit_seconds"]
        deadline = None if limit is None else time.monotonic() + limit
        # In short waits, because a KeyboardInterrupt that Ray raises does not end a system call.
        while deadline is None or time.monotonic() < deadline:
            with contextlib.suppress(subprocess.TimeoutExpired):
                left = 0.5 if deadline is None else min(0.5, deadline - time.monotonic())
                return process.wait(max(left, 0.0))
        raise TimeLimit


def was_stopped(status: int) -> bool:
    """Whether a job with this exit status was asked to stop, so that it may continue."""
    return status in _ASKED_TO_STOP


@contextlib.contextmanager
def _started(
    child: str, folder: Path, environment: dict[str, str]
) -> "Iterator[subprocess.Popen[bytes]]":
    process = subprocess.Popen(
        [*COMMAND, child, str(folder)],
        env=environment,
        stdin=subprocess.PIPE,
        process_group=0,
    )
    try:
        yield process
    except TimeLimit:
        raise
    except BaseException:
        _stop(process)
        raise
    finally:
        # The group outlives its leader: after a crash of rank 0 the other ranks wait for it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stdin is not None
        process.stdin.close()


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Let the job finish what it is writing; a second Ctrl-C ends it at once."""
    with contextlib.suppress(
        KeyboardInterrupt, ProcessLookupError, PermissionError, subprocess.TimeoutExpired
    ):
        os.killpg(process.pid, signal.SIGINT)
        process.wait(_PATIENCE_SECONDS)


def _environment(spec: Spec) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _RANK_VARIABLES and not name.startswith(_RANK_PREFIXES)
    }
    # OpenMP threads that spin while they wait slow a run down many times over as soon as
    # anything else wants one of its cores; without any spinning, small nets train at half
    # their speed on a quiet machine. The user's own settings go first.
    if "OMP_WAIT_POLICY" not in kept:
        kept["OMP_WAIT_POLICY"] = "passive"
        kept.setdefault("GOMP_SPINCOUNT", SPIN_COUNT)
    if not any(name.startswith("MALLOC_") for name in kept):
        kept |= KEPT_MEMORY
    kept.setdefault("GLIBC_TUNABLES", HUGE_PAGES)
    trainer = spec.config["trainer"]
    if trainer["accelerator"] == "cpu":
        # Adam asks for a GPU in each of its steps. Unless one is in use or they are hidden, torch
        # looks for NVIDIA's library on the disk each time: 7 % of an MLP's step.
        kept.setdefault("CUDA_VISIBLE_DEVICES", "")
        if trainer["devices"] > 1:
            kept[CORES_VARIABLE] = str(max(1, cores() // trainer["devices"]))
    return kept
