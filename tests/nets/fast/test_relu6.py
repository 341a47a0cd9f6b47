"""ReLU6 gives torch's values and gradients."""

import pytest
import torch
from torch import nn

from fmnist_bench.nets.fast.relu6 import CpuReLU6

EDGES = [-1.0, -0.0, 0.0, 1e-6, 3.0, 6.0 - 1e-6, 6.0, 6.5, float("inf"), -float("inf")]


@pytest.mark.parametrize("inplace", [True, False])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_values_and_gradients_are_torchs_at_every_edge(inplace: bool, dtype: torch.dtype) -> None:
    answers = []
    for layer in (nn.ReLU6(inplace=inplace), CpuReLU6(inplace=inplace)):
        given = torch.tensor(EDGES * 8, dtype=dtype, requires_grad=True)
        before = given * 1  # a leaf cannot be changed in place
        answer = layer(before)
        answer.backward(torch.linspace(-1, 1, len(answer)).to(dtype))
        answers.append((answer, given.grad))
        assert (answer.data_ptr() == before.data_ptr()) is inplace
    torch.testing.assert_close(answers[1], answers[0], rtol=0, atol=0)


def test_overwriting_what_another_layer_still_needs_is_an_error_as_ever() -> None:
    given = torch.randn(10, requires_grad=True)
    grown = given.exp()  # its gradient is its result
    CpuReLU6(inplace=True)(grown).sum()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        grown.sum().backward()


def test_without_gradients_it_clamps() -> None:
    with torch.inference_mode():
        assert torch.equal(
            CpuReLU6(inplace=True)(torch.tensor(EDGES)), torch.tensor(EDGES).clamp(0, 6)
        )
