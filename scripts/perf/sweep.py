"""Sweeps of small jobs, against those of lightning-hydra-template: the real one, in a checkout."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from fmnist_bench.errors import BenchError
from perf import processes
from perf.comparison import Comparison, Goal, Place
from perf.torchvision import folder_of

URL = "https://github.com/ashleve/lightning-hydra-template"
REQUIREMENTS = ("lightning>=2.6.4,<3", "rootutils>=1.0.7", "hydra-colorlog>=1.2", "rich>=13")
"""What it imports and the suite does not; torch and Hydra are the suite's."""

SUITE, TEMPLATE = "fmnist-bench train -m", "lightning-hydra-template, src/train.py -m"
METHOD = (
    "{jobs} jobs that differ in their seed, started by one command, one after another, with each "
    "side's defaults. In each an MLP 64-128-64 trains in batches of 128 on {training} of "
    "Fashion-MNIST, validates on 5,000 images, is saved, and scores 10,000 with its best weights. "
    "Counted is the whole command, from its start to its exit."
)


def sweep(place: Place) -> Comparison:
    """Return how many jobs of one epoch are done in a minute.

    Raises:
        BenchError: there is no checkout of the template, or its packages cannot be installed.
    """
    return Comparison(
        title="A sweep of short jobs",
        method=METHOD.format(jobs=place.jobs, training="55,000 images, once,"),
        unit="jobs/min",
        sides=_sides(place, None, lambda seconds: 60 * place.jobs / seconds),
        goals=[Goal(SUITE, TEMPLATE, "at least", 1)],
        warm_up=False,
    )


def overhead(place: Place) -> Comparison:
    """Return the seconds of a job that trains next to nothing. Raises as `sweep`."""
    return Comparison(
        title="What a job of a sweep takes beyond training",
        method=METHOD.format(jobs=place.jobs, training="a single batch"),
        unit="s/job",
        sides=_sides(place, 1, lambda seconds: seconds / place.jobs),
        goals=[Goal(SUITE, TEMPLATE, "at most", 1)],
        warm_up=False,
    )


def _sides(
    place: Place, batches: int | None, figure: Callable[[float], float]
) -> dict[str, Callable[[], float]]:
    checkout = place.work / "lightning-hydra-template"
    if not (checkout / "src" / "train.py").exists():
        raise BenchError(f"{checkout}: not there; git clone {URL} {checkout}")
    python = processes.environment(place.work / "template", REQUIREMENTS, beside=True)
    return {
        SUITE: lambda: figure(suite(place, batches)),
        TEMPLATE: lambda: figure(template(place, python, checkout, batches)),
    }


def suite(place: Place, batches: int | None) -> float:
    """Return the seconds of our sweep.

    Raises:
        BenchError: a job failed.
    """
    same = "-m model=mlp model.net.hidden=[64,128,64] optimizer=adam augment=none protocol=select"
    started = time.perf_counter()
    records = processes.train_all(
        place,
        *same.split(),
        "epochs=1",
        "batch_size=128",
        f"seed=range(1,{place.jobs + 1})",
        processes.batches_an_epoch(batches),
    )
    return _checked(time.perf_counter() - started, SUITE, len(records), place)


def template(place: Place, python: Path, checkout: Path, batches: int | None) -> float:
    """Return the seconds of the template's sweep; raises as `suite`."""
    logs = place.work / "template_logs"
    shutil.rmtree(logs, ignore_errors=True)
    started = time.perf_counter()
    processes.output_of(
        TEMPLATE,
        # It keeps functions in its checkpoints, which torch from 2.6 on reads only if told to.
        "env",
        "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=1",
        python,
        checkout / "src" / "train.py",
        "-m",
        "trainer.max_epochs=1",
        f"seed=range(1,{place.jobs + 1})",
        *([] if batches is None else [f"+trainer.limit_train_batches={batches}"]),
        f"paths.data_dir={folder_of(place, 'MNIST')}",
        f"paths.log_dir={logs}",
    )
    seconds = time.perf_counter() - started
    done = len(list(logs.glob("train/multiruns/*/*/checkpoints/last.ckpt")))
    return _checked(seconds, TEMPLATE, done, place)


def _checked(seconds: float, side: str, done: int, place: Place) -> float:
    if done != place.jobs:
        raise BenchError(f"{side}: {done} jobs done in {place.work}, expected {place.jobs}")
    return seconds
