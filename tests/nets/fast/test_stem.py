"""Normalization within a convolution's weights is normalization of what it gives."""

import copy
from typing import Any

import pytest
import torch
from torch import nn

from fmnist_bench.nets.cnn import CNN
from fmnist_bench.nets.fast import stem
from fmnist_bench.nets.fast.replace import replace_slow_layers
from fmnist_bench.nets.fast.stem import CpuStem

OPTIONS: list[dict[str, Any]] = [
    {"kernel_size": 5, "padding": 2},
    {"kernel_size": 5, "padding": 2, "bias": False},
    {"kernel_size": 3, "padding": 1, "stride": 2},
    {"kernel_size": (2, 3), "padding": (0, 2), "stride": (3, 1)},
    {"kernel_size": 3, "padding": 2},
    {"kernel_size": 9},
]


def _images(count: int = 6) -> torch.Tensor:
    """Images whose neighbouring pixels are alike, as in photographs."""
    noise = torch.randn(count, 1, 14, 12, generator=torch.Generator().manual_seed(2))
    return nn.functional.avg_pool2d(noise, 3, 1, 1) * 3 - 0.4


def _pair(options: dict[str, Any]) -> tuple[nn.Sequential, nn.Sequential]:
    torch.manual_seed(0)
    norm = nn.BatchNorm2d(8, momentum=0.3)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    plain = nn.Sequential(nn.Conv2d(1, 8, **options), norm, nn.Tanh())
    ours = copy.deepcopy(plain)
    replace_slow_layers(ours)
    assert type(ours) is CpuStem
    return plain, ours


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_values_gradients_and_running_statistics(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], layout: torch.memory_format
) -> None:
    calls: list[torch.Tensor] = []
    whole = stem._normalized
    monkeypatch.setattr(stem, "_normalized", lambda *given: calls.append(given[2]) or whole(*given))
    plain, ours = (net.to(memory_format=layout) for net in _pair(options))
    for images in (_images(), _images() * 2 + 1):
        answers = [net(images.to(memory_format=layout)) for net in (plain, ours)]
        torch.testing.assert_close(answers[1], answers[0], rtol=1e-4, atol=1e-5)
        for answer in answers:
            answer.pow(3).sum().backward()
    assert len(calls) == 2
    # The gradient of the convolution's bias is zero but for rounding: as much as sums of this
    # size leave.
    gradients = [[parameter.grad for parameter in net.parameters()] for net in (plain, ours)]
    rounding = 1e-4 * max(float(each.abs().max()) for each in gradients[0])
    torch.testing.assert_close(gradients[1], gradients[0], rtol=1e-3, atol=rounding)
    torch.testing.assert_close(ours.state_dict(), plain.state_dict(), rtol=1e-4, atol=1e-5)


def test_under_bf16_it_is_nearer_to_fp32_than_two_layers_are() -> None:
    plain, ours = _pair(OPTIONS[0])
    exact = copy.deepcopy(plain)(_images(64))
    with torch.autocast("cpu", torch.bfloat16):
        theirs, mine = plain(_images(64)), ours(_images(64))
    assert mine.dtype == theirs.dtype == torch.bfloat16
    assert (mine - exact).abs().mean() < (theirs - exact).abs().mean()


def test_evaluation_and_gradients_of_images_are_the_two_layers() -> None:
    plain, ours = _pair(OPTIONS[0])
    for images in (_images(), _images().requires_grad_()):
        for net in (plain, ours):
            net.train(images.requires_grad)
        assert torch.equal(ours(images), plain(images))


@pytest.mark.parametrize("watched", [0, 1])
def test_who_watches_a_layer_sees_what_it_gives(watched: int) -> None:
    plain, ours = _pair(OPTIONS[0])
    seen: list[torch.Tensor] = []
    for net in (plain, ours):
        net[watched].register_forward_hook(lambda *given: seen.append(given[2]))
        net(_images())
    assert torch.equal(*seen)


@pytest.mark.parametrize(
    "layers",
    [
        (nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)),
        (nn.Conv2d(1, 4, 3, dilation=2), nn.BatchNorm2d(4)),
        (nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4, affine=False)),
        (nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4, track_running_stats=False)),
        (nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4, momentum=None)),
        (nn.Conv2d(1, 4, 3), nn.ReLU(), nn.BatchNorm2d(4)),
        (nn.Conv2d(1, 4, 3),),
    ],
    ids=str,
)
def test_other_layers_stay(layers: tuple[nn.Module, ...]) -> None:
    net = nn.Sequential(*layers)
    replace_slow_layers(net)
    assert type(net) is nn.Sequential


def test_the_two_layer_cnn_has_one_and_parts_of_it_work() -> None:
    net = CNN(hidden=8, dropout=0.0, num_classes=10)
    replace_slow_layers(net)
    assert type(net.features) is CpuStem
    images = torch.randn(4, 1, 28, 28)
    assert torch.equal(net.features[4:](net.features[:4](images)), net.features(images))
