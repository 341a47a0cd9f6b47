"""The convolution that avoids slow kernels is a convolution."""

import copy
from typing import Any

import pytest
import torch
from torch import nn

from fmnist_bench.nets.fast.conv import CpuConv2d

OPTIONS: list[dict[str, Any]] = [
    {"kernel_size": 3, "padding": 1},
    {"kernel_size": 3, "padding": 2},
    {"kernel_size": 3, "padding": 1, "stride": 2, "bias": False},
    {"kernel_size": (3, 5), "padding": (2, 2), "stride": (2, 1)},
    {"kernel_size": 3, "padding": (1, 4)},
    {"kernel_size": 2, "padding": 3, "dilation": 2},
    {"kernel_size": (2, 3), "dilation": (1, 2), "padding": (0, 2)},
]
SIZES = [(2, 2), (4, 4), (3, 2), (9, 8)]


def _pair(options: dict[str, Any]) -> tuple[nn.Conv2d, nn.Conv2d]:
    torch.manual_seed(0)
    plain = nn.Conv2d(3, 4, **options)
    ours = copy.deepcopy(plain)
    ours.__class__ = CpuConv2d
    return plain, ours


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_values_and_gradients_are_a_convolutions(
    options: dict[str, Any], size: tuple[int, int], layout: torch.memory_format
) -> None:
    plain, ours = (layer.to(memory_format=layout) for layer in _pair(options))
    images = torch.randn(5, 3, *size).to(memory_format=layout)
    results = []
    for layer in (plain, ours):
        given = images.clone().requires_grad_()
        answer = layer(given)
        answer.pow(3).sum().backward()
        results.append((answer, given.grad, *(p.grad for p in layer.parameters())))
    for theirs, mine in zip(*results, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_under_autocast_it_answers_in_bf16_as_close_as_a_convolution(size: tuple[int, int]) -> None:
    plain, ours = _pair({"kernel_size": 3, "padding": 2})
    images = torch.randn(5, 3, *size)
    exact = plain(images)
    with torch.autocast("cpu", torch.bfloat16):
        answers = [layer(images) for layer in (plain, ours)]
    assert [answer.dtype for answer in answers] == [torch.bfloat16] * 2
    theirs, mine = ((answer - exact).abs().mean() for answer in answers)
    assert mine <= 1.5 * theirs


def test_an_image_that_is_too_small_is_refused_as_ever() -> None:
    for layer in _pair({"kernel_size": 3}):
        with pytest.raises(RuntimeError, match="Kernel size"):
            layer(torch.randn(5, 3, 2, 2))
