"""`hydra/launcher=local`: jobs side by side on this machine, without Ray."""

import contextlib
import itertools
import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import psutil

from fmnist_bench.config.machine import nvidia_gpus
from fmnist_bench.config.values import processes
from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.job import Outcome, run_job
from fmnist_bench.jobs.process import NOTHING, Processes
from fmnist_bench.jobs.progress import Progress
from fmnist_bench.jobs.stoppable import Stoppable
from fmnist_bench.records.environment import CORES_VARIABLE, cores
from fmnist_bench.records.spec import Spec

SILENT = "fmnist_bench.jobs.silent"
_JOB_BYTES = 3 << 29
"""Memory that a job is counted with: the images, torch, and a small net's training."""


@dataclass(frozen=True)
class LocalLauncher:
    """Runs `jobs` jobs at a time; with `auto`, as many as `at_once` says.

    They share this machine's cores, and each has one of its GPUs.
    """

    jobs: int | str
    here: bool = True

    def __post_init__(self) -> None:
        """Check `jobs`.

        Raises:
            BenchError: it is neither auto nor a number from 1.
        """
        whole = isinstance(self.jobs, int) and not isinstance(self.jobs, bool)
        if self.jobs != "auto" and not (whole and int(self.jobs) >= 1):
            raise BenchError(
                f"hydra.launcher.jobs: {self.jobs!r}, expected auto or a whole number from 1"
            )

    def launch(
        self, specs: Sequence[Spec], progress: Progress, started: Processes
    ) -> Generator[Outcome, None, None]:
        for spec in specs:
            if processes(spec.config) > 1:
                raise BenchError(
                    f"hydra/launcher=local: {spec.name} trains on several devices, and jobs side "
                    "by side have one each; take hydra/launcher=basic"
                )
        size = min(at_once([spec.config for spec in specs]), len(specs))
        size = min(int(self.jobs), len(specs)) if self.jobs != "auto" else size
        share = max(1, cores() // size)
        progress.say(f"{size} at a time, each on {share} of {cores()} cores; see their run.log")
        stop = Event()
        jobs = Stoppable(started, stop)
        gpus = itertools.cycle(range(nvidia_gpus()))
        with _share(size):
            pool = ThreadPoolExecutor(size)
            try:
                waiting = [pool.submit(run_job, spec, _On(jobs, gpus), SILENT) for spec in specs]
                for future in as_completed(waiting):
                    outcome = future.result()
                    progress.ended(outcome, aloud=True)
                    yield outcome
            finally:
                _end(pool, jobs, stop)


def at_once(configs: Sequence[Mapping[str, Any]]) -> int:
    """Return how many jobs of `configs` are faster side by side than one after another here.

    On GPUs one for each. On cores, as many as they hold with the threads that each asks for: a
    net that was measured to be fastest on one thread (`fastest` in conf/model) leaves the other
    cores free. Nets that take all cores get one each: on two cores two jobs of one thread had
    1.1 (ResNet18) to 1.5 times (two-layer CNN) the images a second of one job on both
    (results/performance.md). Never more than memory holds.
    """
    if any(config["trainer"]["accelerator"] != "cpu" for config in configs):
        return max(1, nvidia_gpus())
    threads = max(config["speed"]["threads"] or 1 for config in configs)
    memory = psutil.virtual_memory().available // _JOB_BYTES
    return max(1, min(cores() // threads, memory))


class _On(Processes):
    """Gives each job of `jobs` the next GPU."""

    def __init__(self, jobs: Stoppable, gpus: Iterator[int]) -> None:
        super().__init__(fork=False)
        self._jobs, self._gpus = jobs, gpus

    @contextlib.contextmanager
    def started(
        self, config: dict[str, Any], folder: Path, module: str, extra: Mapping[str, str] = NOTHING
    ) -> Iterator[Any]:
        if config["trainer"]["accelerator"] in ("gpu", "cuda"):
            extra = {**extra, "CUDA_VISIBLE_DEVICES": str(next(self._gpus, 0))}
        with self._jobs.started(config, folder, module, extra) as job:
            yield job


@contextlib.contextmanager
def _share(size: int) -> Iterator[None]:
    """Let each of `size` jobs know its share of the cores."""
    before = os.environ.get(CORES_VARIABLE)
    os.environ[CORES_VARIABLE] = str(max(1, cores() // size))
    try:
        yield
    finally:
        del os.environ[CORES_VARIABLE]
        if before is not None:
            os.environ[CORES_VARIABLE] = before


def _end(pool: ThreadPoolExecutor, jobs: Stoppable, stop: Event) -> None:
    """Stop what still runs, and let it finish what it is writing; Ctrl-C again ends it."""
    stop.set()
    try:
        pool.shutdown(cancel_futures=True)
    except KeyboardInterrupt:
        jobs.kill()
        pool.shutdown(cancel_futures=True)
        raise
