"""A run in the process of whoever asks for it, with the bits of one in a process of its own."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from fmnist_bench.config.compose import compose
from fmnist_bench.config.values import processes
from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.job import earlier_outcome, forget
from fmnist_bench.jobs.prepare import prepare
from fmnist_bench.jobs.worker import LOCK_FILE, LOG_FILE
from fmnist_bench.records.spec import Asked

log = logging.getLogger("fmnist_bench")


def train_here(overrides: Sequence[str], *, force: bool) -> Path:
    """Train the run of `overrides` in this process; return its folder.

    Raises:
        BenchError: an override is wrong, another process trains the run, or it fails.
    """
    config = compose(overrides)
    if processes(config) > 1 or config["trainer"].get("num_nodes", 1) > 1:
        raise BenchError("trainer.devices: one device in this process; use fmnist-bench train")
    spec = prepare(config, log.debug, Asked(tuple(overrides)))
    earlier = earlier_outcome(spec)
    if earlier is not None and earlier.ok and not force:
        return spec.folder
    # Only here, because these import torch.
    import torch

    from fmnist_bench.tracking.live import follow
    from fmnist_bench.training.run import run

    if force:
        forget(spec.folder)
    spec.write()
    try:
        with (
            FileLock(spec.folder / LOCK_FILE, timeout=0),
            torch.random.fork_rng(devices=range(torch.cuda.device_count())),
            _logged(spec.folder),
            follow(spec) as (live, loggers),
        ):
            run(spec, [live], loggers)
    except Timeout:
        raise BenchError(f"{spec.name}: another process trains it") from None
    return spec.folder


@contextmanager
def _logged(folder: Path) -> Iterator[None]:
    """Let the run's log go to its file and nowhere else."""
    lightning = [logging.getLogger(name) for name in ("pytorch_lightning", "lightning_fabric")]
    levels, propagates = [each.level for each in (log, *lightning)], log.propagate
    file = logging.FileHandler(folder / LOG_FILE)
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(file)
    log.setLevel(logging.DEBUG)
    log.propagate = False
    for each in lightning:
        each.setLevel(logging.WARNING)
    try:
        yield
    finally:
        log.removeHandler(file)
        file.close()
        log.propagate = propagates
        for each, level in zip((log, *lightning), levels, strict=True):
            each.setLevel(level)
