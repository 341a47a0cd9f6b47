"""Figures of this suite alone, held to goals of their own: waiting, memory, a GPU's speed."""

import time
from collections.abc import Callable
from functools import partial

import torch

from fmnist_bench.data.facts import FILE_SHAPES
from fmnist_bench.errors import BenchError
from perf import processes
from perf.comparison import Comparison, Goal, Place

HELP = "fmnist-bench --help"
CONFIG = "fmnist-bench train --cfg job"
STEP = "fmnist-bench train, one step and the whole rest"
RUN = "fmnist-bench train model=cnn"

# Images per second to reach on an H100, batch size, and epochs after the first.
GPU_NETS: dict[str, tuple[float, int, int]] = {
    "cnn": (400_000, 1024, 20),
    "vgg": (60_000, 1024, 5),
    "resnet18": (40_000, 512, 3),
    "mobilenetv2": (40_000, 512, 3),
}


def start(place: Place) -> Comparison:
    """Return how long a person waits for the first sign of life."""
    one_step = processes.batches_an_epoch(1)
    return Comparison(
        title="Start",
        method=(
            "Seconds of the whole command, from its start to its exit. The last one trains the "
            "two-layer CNN for a single step, and then validates, scores the test set and writes "
            "the record, so its first step comes earlier than its figure says."
        ),
        unit="s",
        sides={
            HELP: partial(seconds, processes.suite, "--help"),
            CONFIG: partial(seconds, processes.suite, "train", "--cfg", "job"),
            STEP: partial(seconds, processes.train, place, "model=cnn", "epochs=1", one_step),
        },
        goals=[
            Goal(HELP, None, "at most", 0.5),
            Goal(CONFIG, None, "at most", 2.0),
            Goal(STEP, None, "at most", 10.0),
        ],
    )


def seconds(command: Callable[..., object], *arguments: object) -> float:
    """Return how long `command` takes."""
    started = time.perf_counter()
    command(*arguments)
    return time.perf_counter() - started


def memory(place: Place) -> Comparison:
    """Return how much memory a run on the CPU takes."""

    def peak() -> float:
        limit = processes.batches_an_epoch(100)
        record = processes.train(place, "model=cnn", "augment=crop_flip", "epochs=1", limit)
        assert record.peak_memory_bytes is not None  # only a failed run has none
        return record.peak_memory_bytes / 1e9

    return Comparison(
        title="Memory",
        method=(
            "Peak resident memory of the process that trains the two-layer CNN on 100 batches "
            "with cropping and flips, validates and scores it; PyTorch's own code is most of it."
        ),
        unit="GB",
        sides={RUN: peak},
        goals=[Goal(RUN, None, "at most", 1.5)],
    )


def gpu(place: Place) -> Comparison:
    """Return training throughput on one GPU.

    Raises:
        BenchError: torch sees no GPU.
    """
    if not torch.cuda.is_available():
        raise BenchError("gpu: torch sees no GPU here; run it on a machine that has one")
    return Comparison(
        title="Training throughput on one GPU",
        method=(
            "Images that go through whole training epochs with crops and flips, from a run with "
            "the model's GPU defaults (trainer=gpu); everything that an epoch takes is counted. "
            "The first epoch, in which torch compiles, is left out. CNN and VGG train at batch "
            "1024, ResNet18 and MobileNetV2 at 512."
        ),
        unit="images/s",
        sides={f"fmnist-bench train {name}": partial(gpu_rate, place, name) for name in GPU_NETS},
        goals=[
            Goal(f"fmnist-bench train {name}", None, "at least", bound)
            for name, (bound, _, _) in GPU_NETS.items()
        ],
        device=torch.cuda.get_device_name(),
    )


def gpu_rate(place: Place, name: str) -> float:
    """Return images per second of the epochs after the first."""
    _, batch, epochs = GPU_NETS[name]
    overrides = ["trainer=gpu", "protocol=final", "augment=crop_flip", "logger=none"]
    sizes = (f"batch_size={batch}", f"epochs={epochs + 1}")
    record = processes.train(place, f"model={name}", *overrides, *sizes)
    seconds = [epoch.seconds for epoch in (record.history or [])[1:]]
    images = FILE_SHAPES["train_images"][0] // batch * batch
    return images * len(seconds) / sum(seconds)
