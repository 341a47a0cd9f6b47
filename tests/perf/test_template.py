import pytest
import torch
from torch import nn

from fmnist_bench.perf import template_peer
from fmnist_bench.perf.comparison import Place
from fmnist_bench.perf.comparisons import template


def test_the_peer_trains_its_net(place: Place) -> None:
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    before = net[1].weight.detach().clone()
    rate = template_peer.images_per_second(place, net, batch_size=64, workers=0, images=200)
    assert rate > 0
    assert not torch.equal(net[1].weight, before)


def test_the_peer_gets_its_fastest_worker_count(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int]] = []

    def rate(place: Place, net: nn.Module, *, batch_size: int, workers: int, images: int) -> float:
        asked.append((workers, images))
        # Workers pay for the convolutional net only.
        convolutional = any(isinstance(part, nn.Conv2d) for part in net.modules())
        return 10.0 + workers * (1 if convolutional else -1)

    monkeypatch.setattr(template_peer, "images_per_second", rate)
    sides = template.build(place).sides
    asked.clear()
    assert sides["template mlp"]() == 10.0
    assert sides["template cnn"]() == 12.0
    assert asked == [(0, 60_000), (2, 60_000)]


def test_the_suite_runs_with_its_defaults_on_the_same_work(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []

    def rate(place: Place, *overrides: str) -> float:
        asked.append(overrides)
        return 5.0

    monkeypatch.setattr("fmnist_bench.perf.suite_run.images_per_second", rate)
    monkeypatch.setattr(template_peer, "images_per_second", lambda *args, **options: 1.0)
    built = template.build(place)
    assert [built.sides[goal.subject]() for goal in built.goals] == [5.0, 5.0]
    assert {goal.peer for goal in built.goals} < set(built.sides)
    assert [overrides[0] for overrides in asked] == ["model=mlp", "model=cnn"]
    assert all("batch_size=128" in overrides for overrides in asked)
