"""Training speed of one model in each combination of memory format, precision, compile, batch."""

import contextlib
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf
from torch import nn
from torch.nn.functional import cross_entropy

from fmnist_bench.errors import BenchError
from fmnist_bench.training.assemble import build_model, net_of, prepare_torch, speed_up
from fmnist_bench.training.classifier import Classifier

PRECISIONS = ("32-true", "bf16-mixed")


@dataclass
class Combination:
    """One way to train; `rates` holds images per second of each time it was measured."""

    precision: str
    channels_last: bool
    compile: bool | str
    batch_size: int
    rates: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Median of the rates."""
        return median(self.rates)

    @property
    def overrides(self) -> list[str]:
        """What to give to `fmnist-bench train` to train this way."""
        return [
            f"precision={self.precision}",
            f"channels_last={str(self.channels_last).lower()}",
            f"compile={str(self.compile).lower()}",
            f"batch_size={self.batch_size}",
        ]


def measure(
    config: dict[str, Any],
    *,
    batch_sizes: Sequence[int],
    compiled: Sequence[bool | str],
    seconds: float,
    rounds: int,
    say: Callable[[str], None],
) -> list[Combination]:
    """Measure every combination for about `seconds`, `rounds` times in turn, fastest first.

    One step is forward, backward and update on random images that already lie on the
    device; the first steps, which compile and warm up, are not counted.

    Raises:
        BenchError: the model does not train with this suite's Classifier.
    """
    resolved = OmegaConf.create(config)
    assert isinstance(resolved, DictConfig)
    combinations = [
        Combination(precision, channels_last, compile_, batch_size)
        for batch_size, compile_, precision, channels_last in itertools.product(
            batch_sizes, compiled, PRECISIONS, (False, True)
        )
    ]
    steps = []
    for combination in combinations:
        say(f"preparing {' '.join(combination.overrides)}")
        steps.append(_steps(resolved, combination))
        for _ in range(3):
            next(steps[-1])
    # Taking turns, so that a machine that gets slower slows down all of them.
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}")
        for combination, step in zip(combinations, steps, strict=True):
            combination.rates.append(_rate(step, combination.batch_size, seconds))
    return sorted(combinations, key=lambda combination: -combination.rate)


def _rate(steps: Iterator[None], batch_size: int, seconds: float) -> float:
    next(steps)
    started, count = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        next(steps)
        count += 1
    return batch_size * count / (time.perf_counter() - started)


def _steps(config: DictConfig, combination: Combination) -> Iterator[None]:
    """Train on, one step at each `next`."""
    prepare_torch(config)
    device = torch.device("cuda" if config.trainer.accelerator == "gpu" else "cpu")
    model = build_model(config)
    if not isinstance(model, Classifier):
        raise BenchError("model._target_: tune-speed measures models of Classifier only")
    net = net_of(model).to(device).train()
    way = {"channels_last": combination.channels_last, "compile": combination.compile}
    speed_up(net, OmegaConf.create(way))
    optimizer = model.make_optimizer()
    images = torch.randn(combination.batch_size, 1, 28, 28, device=device)
    labels = torch.randint(0, 10, (combination.batch_size,), device=device)
    while True:
        _step(net, optimizer, images, labels, bf16=combination.precision == "bf16-mixed")
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        yield


def _step(
    net: nn.Module,
    optimizer: torch.optim.Optimizer,
    images: torch.Tensor,
    labels: torch.Tensor,
    *,
    bf16: bool,
) -> None:
    autocast = torch.autocast(images.device.type, torch.bfloat16)
    with autocast if bf16 else contextlib.nullcontext():
        loss = cross_entropy(net(images), labels)
    optimizer.zero_grad()
    torch.autograd.backward(loss)
    optimizer.step()
