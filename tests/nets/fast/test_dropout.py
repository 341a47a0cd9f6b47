"""Dropout as torch defines it, drawn faster."""

import pytest
import torch
from scipy.stats import binomtest, chi2_contingency
from torch import Tensor, nn

from fmnist_bench.nets.fast.dropout import CpuDropout

RATES = [0.1, 0.25, 0.5, 0.9]


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize("rate", RATES)
def test_it_drops_at_its_rate_and_scales_what_is_kept(rate: float) -> None:
    values = torch.rand(400, 501) + 1
    dropped = CpuDropout(rate)(values)
    gone = dropped == 0
    assert binomtest(int(gone.sum()), values.numel(), rate).pvalue > 1e-3
    torch.testing.assert_close(dropped[~gone], values[~gone] / (1 - rate), rtol=1e-4, atol=0)


@pytest.mark.parametrize("apart", [1, 2, 3, 4])
def test_neighbours_are_dropped_independently(apart: int) -> None:
    gone = CpuDropout(0.5)(torch.ones(200_000)) == 0
    first, second = gone[:-apart], gone[apart:]
    table = [[int((first == a).logical_and(second == b).sum()) for b in (0, 1)] for a in (0, 1)]
    assert chi2_contingency(table).pvalue > 1e-3


def test_all_four_parts_of_a_draw_have_the_rate() -> None:
    gone = (CpuDropout(0.25)(torch.ones(400_000)) == 0).view(-1, 4).sum(0)
    assert all(binomtest(int(count), 100_000, 0.25).pvalue > 1e-3 for count in gone)


def test_gradients_are_those_of_the_mask() -> None:
    values = torch.rand(1000, requires_grad=True)
    dropped = CpuDropout(0.25)(values)
    dropped.backward(torch.full_like(values, 3.0))
    assert values.grad is not None
    torch.testing.assert_close(values.grad * values, 3.0 * dropped)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_memory_format_and_type_stay(dtype: torch.dtype, layout: torch.memory_format) -> None:
    images = torch.ones(5, 3, 7, 9, dtype=dtype).to(memory_format=layout)
    dropped = CpuDropout(0.5)(images)
    assert dropped.dtype == dtype
    assert dropped.is_contiguous(memory_format=layout)
    assert {float(value) for value in dropped.unique()} == {0.0, 2.0}


def test_a_view_with_gaps_is_dropped_like_any_other() -> None:
    dropped = CpuDropout(0.5)(torch.ones(64, 64)[:, ::2])
    assert dropped.shape == (64, 32)
    assert 0 < int((dropped == 0).sum()) < dropped.numel()


def test_the_same_seed_drops_the_same() -> None:
    values = torch.ones(1000)
    masks = []
    for number in (1, 1, 2):
        torch.manual_seed(number)
        masks.append(CpuDropout(0.5)(values))
    assert torch.equal(masks[0], masks[1])
    assert not torch.equal(masks[0], masks[2])


@pytest.mark.parametrize("layer", [CpuDropout(0.5).eval(), CpuDropout(0.0)])
def test_outside_training_and_at_rate_0_nothing_changes(layer: nn.Module) -> None:
    values = torch.rand(100)
    assert torch.equal(layer(values), values)


def test_compiled_it_is_torchs_own() -> None:
    def own(values: Tensor) -> Tensor:
        return nn.functional.dropout(values, 0.5, training=True)

    values, answers = torch.ones(1000), []
    for layer in (CpuDropout(0.5), own):
        torch.manual_seed(3)
        answers.append(torch.compile(layer, backend="eager", fullgraph=True)(values))
    assert torch.equal(*answers)
