"""A training epoch of this suite, against the loop that one would write by hand.

`python -m perf.bare_loop DATA_FOLDER OVERRIDE ...` trains that and prints images per second.
"""

import sys
import time
from functools import partial
from pathlib import Path

import torch
from torch import nn

from fmnist_bench.config.build import build
from fmnist_bench.config.compose import compose
from fmnist_bench.data.batches import Shard
from fmnist_bench.training.classifier import Classifier
from fmnist_bench.training.combinations import train_step
from fmnist_bench.training.speed import prepare_torch, speed_up
from perf import processes
from perf.comparison import Comparison, Goal, Place

# Largest time of ours over the loop's, and how many batches make an epoch here; None is all.
NETS: dict[str, tuple[float, int | None]] = {
    "mlp": (1.25, None),
    "cnn": (1.05, None),
    "vgg": (1.05, 60),
    "resnet18": (1.05, 30),
    "mobilenetv2": (1.05, 30),
}


def epoch(place: Place) -> Comparison:
    """Return the comparison; nothing needs to be set up."""
    return Comparison(
        title="Training epoch against a bare PyTorch loop",
        method=(
            "One epoch with this machine's defaults, batch 128, from the first step to the last. "
            "The loop takes the same batches, net, precision, optimizer and schedule, and does "
            "nothing else: no progress, metrics, checkpoints or checks for divergence. Memory, "
            "waiting threads and the search for a GPU are left to their defaults there, not in a "
            "run. VGG trains on 60 batches, ResNet18 and MobileNetV2 on 30."
        ),
        unit="images/s",
        sides={
            f"{side} {name}": partial(measure, place, *overrides(name))
            for name in NETS
            for side, measure in (
                ("fmnist-bench train", processes.images_per_second),
                ("bare loop", _in_a_process),
            )
        },
        goals=[
            Goal(f"bare loop {name}", f"fmnist-bench train {name}", "at most", bound)
            for name, (bound, _) in NETS.items()
        ],
    )


def overrides(name: str) -> list[str]:
    """Return what both sides are given for net `name`."""
    choices = (f"model={name}", "protocol=final")
    return [*choices, "epochs=1", "batch_size=128", processes.batches_an_epoch(NETS[name][1])]


def _in_a_process(place: Place, *overrides: str) -> float:
    command = (sys.executable, "-m", "perf.bare_loop", str(place.data), *overrides)
    return float(processes.output_of(f"bare loop, {' '.join(overrides)}", *command))


def train_epoch(folder: Path, overrides: list[str]) -> tuple[nn.Module, float]:
    """Return the net after an epoch on the idx files in `folder`, and images per second."""
    config = compose([*overrides, f"data.folder={folder}"])
    prepare_torch(config)
    data, model = build(config["data"], "data"), build(config["model"], "model")
    assert isinstance(model, Classifier)
    data.setup("fit")
    net = model.net
    speed_up(net, config)
    net.train()
    batches = data.train_batches(torch.device("cpu"), epoch=lambda: 0, shard=Shard(0, 1))
    steps = config["trainer"]["limit_train_batches"] or len(batches)
    optimizer = model.make_optimizer()
    step_schedule = model.make_schedule(optimizer, steps, 1)["scheduler"].step
    bf16 = config["trainer"]["precision"] == "bf16-mixed"
    started = time.perf_counter()
    for _, (images, labels) in zip(range(steps), batches, strict=False):
        train_step(net, optimizer, images, labels, bf16=bf16)
        step_schedule()
    return net, batches.images_in(steps) / (time.perf_counter() - started)


if __name__ == "__main__":
    print(train_epoch(Path(sys.argv[1]), sys.argv[2:])[1])
