"""Sweeps of small jobs, against those of lightning-hydra-template: the real one, in a checkout."""

import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from fmnist_bench.errors import BenchError
from perf import processes
from perf.comparison import Comparison, Goal, Place
from perf.torchvision import folder_of

URL = "https://github.com/ashleve/lightning-hydra-template"
REQUIREMENTS = ("lightning>=2.6.4,<3", "rootutils>=1.0.7", "hydra-colorlog>=1.2", "rich>=13")
"""What it imports and the suite does not; torch and Hydra are the suite's."""

SUITE, TEMPLATE = "fmnist-bench train -m", "lightning-hydra-template, src/train.py -m"


def sweep(place: Place) -> Comparison:
    """Return how many jobs of one epoch are done in a minute.

    Raises:
        BenchError: there is no checkout of the template, or its packages cannot be installed.
    """
    return _comparison(place, None)


def overhead(place: Place) -> Comparison:
    """Return the seconds of a job that trains on a single batch. Raises as `sweep`."""
    return _comparison(place, 1)


def _comparison(place: Place, batches: int | None) -> Comparison:
    checkout = place.work / "lightning-hydra-template"
    if not (checkout / "src" / "train.py").exists():
        raise BenchError(f"{checkout}: not there; git clone {URL} {checkout}")
    python = processes.environment(place.work / "template", REQUIREMENTS, beside=True)

    def measured(side: str, run: Callable[[], int]) -> float:
        started = time.perf_counter()
        done = run()
        seconds = time.perf_counter() - started
        if done != place.jobs:
            raise BenchError(f"{side}: {done} jobs done in {place.work}, expected {place.jobs}")
        return seconds / done if batches else 60 * done / seconds

    images = "a single batch" if batches else "55,000 images of Fashion-MNIST, once"
    return Comparison(
        title="What a sweep's job takes beyond training" if batches else "A sweep of short jobs",
        method=(
            f"{place.jobs} jobs that differ in their seed, started by one command, one after "
            "another, with each side's defaults. In each an MLP 64-128-64 trains in batches of "
            f"128 on {images}; it validates on 5,000 images, is saved, and scores 10,000 with its "
            "best weights. Counted is the whole command, from its start to its exit."
        ),
        unit="s/job" if batches else "jobs/min",
        sides={
            SUITE: lambda: measured(SUITE, partial(suite, place, batches)),
            TEMPLATE: lambda: measured(
                TEMPLATE, partial(template, place, python, checkout, batches)
            ),
        },
        goals=[Goal(SUITE, TEMPLATE, "at most" if batches else "at least", 1)],
        warm_up=False,
    )


def suite(place: Place, batches: int | None) -> int:
    """Run our sweep and return how many jobs have a record."""
    same = "-m model=mlp model.net.hidden=[64,128,64] optimizer=adam augment=none protocol=select"
    sizes = ("epochs=1", "batch_size=128", processes.batches_an_epoch(batches))
    seeds = f"seed=range(1,{place.jobs + 1})"
    return len(processes.train_all(place, *same.split(), *sizes, seeds))


def template(place: Place, python: Path, checkout: Path, batches: int | None) -> int:
    """Run the template's sweep and return how many jobs have a checkpoint."""
    logs = place.work / "template_logs"
    shutil.rmtree(logs, ignore_errors=True)
    processes.output_of(
        TEMPLATE,
        # It keeps functions in its checkpoints, which torch from 2.6 on reads only if told to.
        *("env", "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=1"),
        *(python, checkout / "src" / "train.py", "-m", "trainer.max_epochs=1"),
        *([] if batches is None else [f"+trainer.limit_train_batches={batches}"]),
        f"seed=range(1,{place.jobs + 1})",
        f"paths.data_dir={folder_of(place, 'MNIST')}",
        f"paths.log_dir={logs}",
    )
    return len(list(logs.glob("train/multiruns/*/*/checkpoints/last.ckpt")))
