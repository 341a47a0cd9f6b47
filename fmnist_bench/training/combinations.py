"""Training speed of one model in each combination of memory format, precision, compile, batch."""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from statistics import median
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer

from fmnist_bench.config.build import build
from fmnist_bench.errors import BenchError
from fmnist_bench.training.classifier import Classifier
from fmnist_bench.training.speed import prepare_torch, speed_up


class Combination(NamedTuple):
    """One way to train."""

    precision: str
    channels_last: bool
    compile: bool | str
    batch_size: int

    @property
    def overrides(self) -> list[str]:
        """What to give to `fmnist-bench train` to train this way."""
        speed = ("channels_last", "compile")
        return [
            f"{'speed.' * (key in speed)}{key}={str(value).lower()}"
            for key, value in self._asdict().items()
        ]


def measure(
    config: dict[str, Any],
    combinations: Iterable[Combination],
    *,
    seconds: float,
    rounds: int,
    say: Callable[[str], None],
) -> list[tuple[Combination, float]]:
    """Return the images per second of every combination, fastest first.

    Each is measured for about `seconds`, `rounds` times, of which the median counts. One step
    is forward, backward and update on random images that already lie on the device; the first
    steps, which compile and warm up, are not counted.

    Raises:
        BenchError: the model does not train with this suite's Classifier.
    """
    steps: dict[Combination, Iterator[None]] = {}
    for combination in combinations:
        say(f"preparing {' '.join(combination.overrides)}")
        steps[combination] = _steps(config, combination)
        for _ in range(3):
            next(steps[combination])
    rates: dict[Combination, list[float]] = {combination: [] for combination in steps}
    # Taking turns, so that a machine that gets slower slows down all of them.
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}")
        for combination, measured in rates.items():
            rate = _steps_per_second(steps[combination], seconds)
            measured.append(rate * combination.batch_size)
    found = [(combination, median(measured)) for combination, measured in rates.items()]
    return sorted(found, key=lambda pair: -pair[1])


def _steps_per_second(steps: Iterator[None], seconds: float) -> float:
    next(steps)
    started, count = time.perf_counter(), 0
    while (passed := time.perf_counter() - started) < seconds or not count:
        next(steps)
        count += 1
    return count / passed


def _steps(config: dict[str, Any], combination: Combination) -> Iterator[None]:
    """Train on, one step at each `next`."""
    net, optimizer, device = _assembled(config, combination)
    size, bf16 = combination.batch_size, combination.precision == "bf16-mixed"
    images = torch.randn(size, 1, 28, 28, device=device)
    labels = torch.randint(0, 10, (size,), device=device)
    while True:
        train_step(net, optimizer, images, labels, bf16=bf16)
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        yield


def _assembled(
    config: dict[str, Any], combination: Combination
) -> tuple[nn.Module, Optimizer, torch.device]:
    """Return what trains. All that is read of a config is read here."""
    changed = {"channels_last": combination.channels_last, "compile": combination.compile}
    config = config | {"speed": config["speed"] | changed}
    prepare_torch(config)
    device = torch.device("cuda" if config["trainer"]["accelerator"] == "gpu" else "cpu")
    model = build(config["model"], "model")
    if not isinstance(model, Classifier):
        raise BenchError("model._target_: tune-speed measures models of Classifier only")
    net = model.net.to(device).train()
    speed_up(net, config)
    return net, model.make_optimizer(), device


def train_step(
    net: nn.Module, optimizer: Optimizer, images: Tensor, labels: Tensor, *, bf16: bool
) -> None:
    """Train `net` on one batch, with nothing around it; under bf16, where asked for."""
    autocast = torch.autocast(images.device.type, torch.bfloat16)
    with autocast if bf16 else contextlib.nullcontext():
        loss = cross_entropy(net(images), labels)
    optimizer.zero_grad()
    torch.autograd.backward(loss)
    optimizer.step()
