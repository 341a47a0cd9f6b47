"""Learning-rate schedules, as dictionaries that Lightning understands.

Most move with every step, so that a schedule's shape does not depend on how many steps an
epoch has. `plateau`, and those that a source states in epochs, move at an epoch's end.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, OneCycleLR, ReduceLROnPlateau

from fmnist_bench.errors import BenchError


def constant(optimizer: Optimizer, *, steps_per_epoch: int, epochs: int) -> dict[str, Any]:
    """Keep the optimizer's learning rate."""
    return _per_step(optimizer, lambda step: 1.0)


def cosine(
    optimizer: Optimizer,
    *,
    steps_per_epoch: int,
    epochs: int,
    warmup_epochs: float,
    final_fraction: float,
) -> dict[str, Any]:
    """Rise linearly for `warmup_epochs`, then fall on a half cosine to `final_fraction`.

    The half cosine is that of SGDR without restarts (Loshchilov and Hutter,
    arXiv:1608.03983).
    """
    total = steps_per_epoch * epochs
    # A run shorter than the warm-up still comes down: the rise takes at most half of it.
    warmup = min(round(warmup_epochs * steps_per_epoch), total // 2)

    def factor(step: int) -> float:
        if step < warmup:
            return (step + 1) / (warmup + 1)
        progress = min(1.0, (step - warmup) / max(1, total - warmup))
        return final_fraction + (1 - final_fraction) * (1 + math.cos(math.pi * progress)) / 2

    return _per_step(optimizer, factor)


def one_cycle(
    optimizer: Optimizer,
    *,
    steps_per_epoch: int,
    epochs: int,
    warmup_fraction: float,
    initial_divisor: float,
    final_divisor: float,
) -> dict[str, Any]:
    """Follow torch's OneCycleLR with the optimizer's learning rate as the peak.

    Momentum stays as it is: the schedule moves the learning rate only.
    """
    steps = max(2, steps_per_epoch * epochs)
    shape = (warmup_fraction, initial_divisor, final_divisor)
    return _one_cycle(optimizer, steps, *shape, cycle_momentum=False)


def one_cycle_momentum(
    optimizer: Optimizer,
    *,
    steps_per_epoch: int,
    epochs: int,
    warmup_fraction: float,
    initial_divisor: float,
    final_divisor: float,
    momentum: tuple[float, float],
) -> dict[str, Any]:
    """Follow torch's OneCycleLR, the momentum (Adam's first beta) moving against the rate.

    `momentum` is its lowest and its highest value. The optimizer's rates are the peaks.
    """
    lowest, highest = momentum
    steps = max(2, steps_per_epoch * epochs)
    shape = (warmup_fraction, initial_divisor, final_divisor)
    return _one_cycle(optimizer, steps, *shape, base_momentum=lowest, max_momentum=highest)


def _one_cycle(
    optimizer: Optimizer, steps: int, warmup: float, initial: float, final: float, **momentum: Any
) -> dict[str, Any]:
    scheduler = OneCycleLR(
        optimizer,
        max_lr=[group["lr"] for group in optimizer.param_groups],
        total_steps=steps,
        pct_start=warmup,
        div_factor=initial,
        final_div_factor=final,
        **momentum,
    )
    return {"scheduler": scheduler, "interval": "step"}


def step(
    optimizer: Optimizer,
    *,
    steps_per_epoch: int,
    epochs: int,
    milestone_fractions: Sequence[float],
    factor: float,
) -> dict[str, Any]:
    """Multiply by `factor` at each of `milestone_fractions` of all epochs."""
    milestones = [fraction * epochs * steps_per_epoch for fraction in milestone_fractions]
    return _per_step(optimizer, lambda step: factor ** sum(step >= at for at in milestones))


def step_at(
    optimizer: Optimizer,
    *,
    steps_per_epoch: int,
    epochs: int,
    milestones: Sequence[int],
    factor: float,
) -> dict[str, Any]:
    """Multiply by `factor` after each of `milestones`, in epochs."""
    return _per_epoch(optimizer, lambda epoch: factor ** sum(epoch >= at for at in milestones))


def exponential(
    optimizer: Optimizer, *, steps_per_epoch: int, epochs: int, factor: float
) -> dict[str, Any]:
    """Multiply by `factor` after each epoch."""
    return _per_epoch(optimizer, lambda epoch: factor**epoch)


def linear(optimizer: Optimizer, *, steps_per_epoch: int, epochs: int) -> dict[str, Any]:
    """Fall by the same amount after each epoch; zero would follow the last one."""
    return _per_epoch(optimizer, lambda epoch: max(0.0, 1 - epoch / epochs))


def inverse_time(
    optimizer: Optimizer, *, steps_per_epoch: int, epochs: int, decay: float
) -> dict[str, Any]:
    """Divide by 1 + `decay` * steps so far: the `decay` of Keras's first optimizers."""
    return _per_step(optimizer, lambda step: 1 / (1 + decay * step))


def plateau(
    optimizer: Optimizer,
    *,
    steps_per_epoch: int,
    epochs: int,
    monitor: str,
    factor: float,
    patience: int,
) -> dict[str, Any]:
    """Multiply by `factor` when `monitor` has not improved for more than `patience` epochs.

    Raises:
        BenchError: `monitor` is a test figure, or not one that is logged.
    """
    if monitor not in ("val/loss", "val/accuracy"):
        raise BenchError(f"schedule.monitor: {monitor!r}; choose val/loss or val/accuracy")
    scheduler = ReduceLROnPlateau(
        optimizer,
        mode="min" if monitor == "val/loss" else "max",
        factor=factor,
        patience=patience,
    )
    return {"scheduler": scheduler, "interval": "epoch", "monitor": monitor}


def _per_step(optimizer: Optimizer, factor: Callable[[int], float]) -> dict[str, Any]:
    return {"scheduler": LambdaLR(optimizer, factor), "interval": "step"}


def _per_epoch(optimizer: Optimizer, factor: Callable[[int], float]) -> dict[str, Any]:
    return {"scheduler": LambdaLR(optimizer, factor), "interval": "epoch"}
