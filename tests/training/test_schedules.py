import math
from typing import Any

import pytest
import torch
from torch.optim import SGD
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    ExponentialLR,
    MultiStepLR,
    OneCycleLR,
    ReduceLROnPlateau,
)

from fmnist_bench.errors import BenchError
from fmnist_bench.training import schedules

PEAK = 0.4


def optimizer() -> SGD:
    return SGD([torch.nn.Parameter(torch.zeros(1))], lr=PEAK)


def rates(schedule: dict[str, Any], steps: int) -> list[float]:
    """Learning rate at each of `steps` steps."""
    scheduler = schedule["scheduler"]
    assert schedule["interval"] == "step"
    found = []
    for _ in range(steps):
        found.append(scheduler.get_last_lr()[0])
        scheduler.optimizer.step()
        scheduler.step()
    return found


def test_constant() -> None:
    made = schedules.constant(optimizer(), steps_per_epoch=5, epochs=2)
    assert rates(made, 10) == [PEAK] * 10


def test_cosine_without_warmup_is_torchs() -> None:
    made = schedules.cosine(
        optimizer(), steps_per_epoch=10, epochs=3, warmup_epochs=0.0, final_fraction=0.1
    )
    torchs = CosineAnnealingLR(optimizer(), T_max=30, eta_min=0.1 * PEAK)
    expected = rates({"scheduler": torchs, "interval": "step"}, 30)
    assert rates(made, 30) == pytest.approx(expected)


def test_cosine_rises_linearly_for_the_warmup() -> None:
    made = schedules.cosine(
        optimizer(), steps_per_epoch=10, epochs=3, warmup_epochs=0.4, final_fraction=0.0
    )
    found = rates(made, 30)
    assert found[:5] == pytest.approx([PEAK * part / 5 for part in (1, 2, 3, 4, 5)])
    assert max(found) == found[4]
    assert found[-1] < 0.02 * PEAK


def test_cosine_of_a_run_shorter_than_its_warmup_still_comes_down() -> None:
    made = schedules.cosine(
        optimizer(), steps_per_epoch=10, epochs=1, warmup_epochs=5.0, final_fraction=0.0
    )
    found = rates(made, 10)
    assert found.index(max(found)) == 5
    assert found[-1] < 0.2 * PEAK


def test_one_cycle_is_torchs_without_momentum() -> None:
    made = schedules.one_cycle(
        optimizer(),
        steps_per_epoch=10,
        epochs=2,
        warmup_fraction=0.3,
        initial_divisor=25.0,
        final_divisor=100.0,
    )
    torchs = OneCycleLR(
        optimizer(), PEAK, total_steps=20, final_div_factor=100.0, cycle_momentum=False
    )
    assert rates(made, 20) == pytest.approx(rates({"scheduler": torchs, "interval": "step"}, 20))


def test_one_cycle_moves_the_momentum_against_the_rate() -> None:
    adam = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], lr=PEAK, betas=(0.9, 0.99))
    made = schedules.one_cycle_momentum(
        adam,
        steps_per_epoch=50,
        epochs=2,
        warmup_fraction=0.3,
        initial_divisor=25.0,
        final_divisor=1e4,
        momentum=(0.85, 0.95),
    )
    found = []
    for _ in range(100):
        (group,) = adam.param_groups
        found.append((group["lr"], group["betas"][0]))
        adam.step()
        made["scheduler"].step()
    assert found[0] == pytest.approx((PEAK / 25, 0.95))
    assert max(found) == pytest.approx((PEAK, 0.85))
    assert found.index(max(found)) == 29
    assert found[-1] == pytest.approx((PEAK / 25e4, 0.95))
    assert adam.param_groups[0]["betas"][1] == 0.99


def test_step_falls_at_its_milestones() -> None:
    made = schedules.step(
        optimizer(), steps_per_epoch=10, epochs=2, milestone_fractions=[0.5, 0.75], factor=0.1
    )
    expected = [PEAK] * 10 + [PEAK * 0.1] * 5 + [PEAK * 0.01] * 5
    assert rates(made, 20) == pytest.approx(expected)


def test_inverse_time_is_keras_decay() -> None:
    made = schedules.inverse_time(optimizer(), steps_per_epoch=10, epochs=2, decay=0.25)
    assert rates(made, 4) == pytest.approx([PEAK, PEAK / 1.25, PEAK / 1.5, PEAK / 1.75])


def by_epoch(schedule: dict[str, Any], epochs: int) -> list[float]:
    """Learning rate in each of `epochs`."""
    assert schedule["interval"] == "epoch"
    return rates(schedule | {"interval": "step"}, epochs)


def test_step_at_falls_after_its_epochs_like_torchs() -> None:
    made = schedules.step_at(
        optimizer(), steps_per_epoch=10, epochs=6, milestones=[2, 4], factor=0.5
    )
    torchs = MultiStepLR(optimizer(), [2, 4], gamma=0.5)
    expected = by_epoch({"scheduler": torchs, "interval": "epoch"}, 6)
    assert by_epoch(made, 6) == pytest.approx(expected)
    assert expected[1:3] == pytest.approx([PEAK, PEAK / 2])


def test_exponential_is_torchs() -> None:
    made = schedules.exponential(optimizer(), steps_per_epoch=10, epochs=4, factor=0.9)
    torchs = ExponentialLR(optimizer(), gamma=0.9)
    expected = by_epoch({"scheduler": torchs, "interval": "epoch"}, 4)
    assert by_epoch(made, 4) == pytest.approx(expected)


def test_linear_falls_by_the_same_each_epoch() -> None:
    made = schedules.linear(optimizer(), steps_per_epoch=10, epochs=4)
    assert by_epoch(made, 4) == pytest.approx([PEAK, PEAK * 0.75, PEAK * 0.5, PEAK * 0.25])


@pytest.mark.parametrize(("monitor", "mode"), [("val/loss", "min"), ("val/accuracy", "max")])
def test_plateau_watches_validation(monitor: str, mode: str) -> None:
    made = schedules.plateau(
        optimizer(), steps_per_epoch=10, epochs=2, monitor=monitor, factor=0.1, patience=1
    )
    assert isinstance(made["scheduler"], ReduceLROnPlateau)
    assert (made["interval"], made["monitor"]) == ("epoch", monitor)
    assert made["scheduler"].mode == mode
    for value in (1.0, 1.0, 1.0):
        made["scheduler"].step(value)
    assert math.isclose(made["scheduler"].get_last_lr()[0], PEAK * 0.1)


def test_plateau_refuses_to_watch_the_test_set() -> None:
    with pytest.raises(BenchError, match="test/loss"):
        schedules.plateau(
            optimizer(), steps_per_epoch=1, epochs=1, monitor="test/loss", factor=0.1, patience=1
        )
