from types import SimpleNamespace
from typing import Any

import pytest

from fmnist_bench.config.compose import compose
from fmnist_bench.errors import BenchError
from fmnist_bench.perf.comparison import Place
from fmnist_bench.perf.comparisons import gpu


def test_without_a_gpu_it_says_so(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(BenchError, match="torch sees no GPU here"):
        gpu.build(place)


def test_rates_leave_out_the_first_epoch(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[str, ...]] = []

    def train(place: Place, *overrides: str) -> Any:
        started.append(overrides)
        epochs = int(dict(part.split("=") for part in overrides)["epochs"])
        history = [SimpleNamespace(seconds=30.0)] + [SimpleNamespace(seconds=0.5)] * (epochs - 1)
        return SimpleNamespace(history=history)

    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.get_device_name", lambda: "A GPU")
    monkeypatch.setattr("fmnist_bench.perf.suite_run.train", train)
    comparison = gpu.build(place)
    assert comparison.device == "A GPU"
    measured = {side: measure() for side, measure in comparison.sides.items()}
    # 58 batches of 1024 and 117 of 512 in half a second.
    assert measured == {
        "fmnist-bench train cnn": 118_784,
        "fmnist-bench train vgg": 118_784,
        "fmnist-bench train resnet18": 119_808,
        "fmnist-bench train mobilenetv2": 119_808,
    }
    assert {goal.subject: goal.bound for goal in comparison.goals} == {
        "fmnist-bench train cnn": 400_000,
        "fmnist-bench train vgg": 60_000,
        "fmnist-bench train resnet18": 40_000,
        "fmnist-bench train mobilenetv2": 40_000,
    }
    assert all("trainer=gpu" in overrides for overrides in started)


@pytest.mark.parametrize("name", gpu.NETS)
def test_the_command_of_each_side_composes(
    name: str, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not faked: Hydra takes the overrides."""
    seen: list[tuple[str, ...]] = []

    def train(place: Place, *overrides: str) -> Any:
        seen.append(overrides)
        return SimpleNamespace(history=[SimpleNamespace(seconds=1.0)] * 2)

    monkeypatch.setattr("fmnist_bench.perf.suite_run.train", train)
    gpu._rate(place, name)
    config = compose(seen[0])
    assert config["trainer"]["accelerator"] == "gpu"
    assert config["compile"] is True
