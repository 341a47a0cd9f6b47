"""The loop that one would write by hand: same batches, net and optimizer, nothing else.

`python -m fmnist_bench.perf.bare_loop DATA_FOLDER OVERRIDE ...` prints images per second.
"""

import contextlib
import subprocess
import sys
import time
from pathlib import Path

import torch
from omegaconf import OmegaConf
from torch import nn
from torch.nn.functional import cross_entropy

from fmnist_bench.config.compose import compose
from fmnist_bench.data.batches import Shard
from fmnist_bench.errors import BenchError
from fmnist_bench.perf.comparison import Place
from fmnist_bench.training.assemble import build_data, build_model, net_of, prepare_torch, speed_up
from fmnist_bench.training.classifier import Classifier


def images_per_second(place: Place, *overrides: str) -> float:
    """Train one epoch of the config that `overrides` give, in a process of its own.

    Raises:
        BenchError: the process failed.
    """
    command = [sys.executable, "-m", "fmnist_bench.perf.bare_loop", str(place.data), *overrides]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        lines = ended.stderr.strip().splitlines() or ["no message"]
        raise BenchError(f"bare loop, {' '.join(overrides)}: failed ({lines[-1]})")
    return float(ended.stdout)


def train_epoch(folder: Path, overrides: list[str]) -> tuple[nn.Module, float]:
    """Return the net after an epoch on the idx files in `folder`, and images per second."""
    config = OmegaConf.create(compose(overrides))
    prepare_torch(config)
    data, model = build_data(config, folder), build_model(config)
    assert isinstance(model, Classifier)
    net = net_of(model)
    speed_up(net, config)
    net.train()
    batches = data.train_batches(torch.device("cpu"), epoch=lambda: 0, shard=Shard(0, 1))
    steps = config.trainer.limit_batches or len(batches)
    optimizer = model.make_optimizer()
    step_schedule = model.make_schedule(optimizer, steps, 1)["scheduler"].step
    bf16 = config.precision == "bf16-mixed"
    started = time.perf_counter()
    for step, (images, labels) in enumerate(batches):
        if step == steps:
            break
        with torch.autocast("cpu", torch.bfloat16) if bf16 else contextlib.nullcontext():
            loss = cross_entropy(net(images), labels)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        step_schedule()
    return net, batches.images_in(steps) / (time.perf_counter() - started)


if __name__ == "__main__":
    sys.stdout.write(f"{train_epoch(Path(sys.argv[1]), sys.argv[2:])[1]}\n")
