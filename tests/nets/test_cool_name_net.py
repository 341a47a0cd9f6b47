import math

import numpy as np
import pytest
import torch
from torch import nn

from fmnist_bench.nets.batch_renorm import BatchRenorm
from fmnist_bench.nets.cool_name_net import CoolNameNet
from fmnist_bench.nets.init import cool_name_


def net(frozen: bool = True) -> CoolNameNet:
    torch.manual_seed(0)
    return CoolNameNet(width=96, depth=5, density=2, frozen_dense_units=frozen, num_classes=10)


def test_convolutions_have_the_groups_and_sizes_of_the_source() -> None:
    found = net().eval()
    seen: list[tuple[int, ...]] = []
    for layer in found.modules():
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(
                lambda conv, _, out: seen.append(
                    (conv.in_channels, conv.out_channels, conv.groups, out.shape[2])
                )
            )
    found(torch.randn(1, 1, 28, 28))
    expected = [(1, 96, 1, 26)]
    for groups, side in zip((2, 4, 8, 16, 32), (26, 13, 7, 4, 2), strict=True):
        narrow = 48 if groups == 32 else groups  # 32 does not divide 48 channels
        expected += [
            (96, 96, groups, side),
            (192, 48, narrow, side),
            (240, 96, narrow, side),
            (96, 96, groups, math.ceil(side / 2)),
        ]
    assert seen == expected


def test_dense_units_are_frozen_as_they_began() -> None:
    found = net()
    dense = [each for block in found.blocks for each in block.dense.parameters()]
    assert sum(each.numel() for each in dense) == 162_720
    assert not any(each.requires_grad for each in dense)
    scales = torch.cat([each for each in dense if each.ndim == 1 and each.any()])
    assert scales.min() >= 0 and scales.max() <= 1 and 0.45 < scales.mean() < 0.55
    before = [each.clone() for each in dense]
    cool_name_(found)
    assert all(map(torch.equal, before, dense))
    assert sum(each.numel() for each in net(False).parameters() if each.requires_grad) == 458_688


def test_the_rest_begins_as_in_the_source() -> None:
    found = cool_name_(net())
    stem = found.stem.weight
    assert stem.std().item() == pytest.approx(math.sqrt(2 * 2 / (9 + 9 * 96)), rel=0.1)
    gate = found.blocks[0].excitation[0].weight  # 12 x 96
    assert gate.abs().max().item() == pytest.approx(math.sqrt(6 / 12), rel=0.02)


def test_renormalisation_follows_the_paper_with_unbiased_deviations() -> None:
    norm = BatchRenorm(3).double()
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    mean, var = np.zeros(3), np.ones(3)
    for number in range(4):
        x = torch.randn(16, 3, dtype=torch.float64) * torch.tensor([0.1, 1.0, 9.0]) + number * 4
        batch = x.numpy()
        r = np.clip(np.sqrt(batch.var(0, ddof=1) / var), 1 / 3, 3)
        d = np.clip((batch.mean(0) - mean) / np.sqrt(var), -5, 5)
        normed = (batch - batch.mean(0)) / np.sqrt(batch.var(0) + 1e-5) * r + d
        expected = normed * norm.weight.detach().numpy() + norm.bias.detach().numpy()
        np.testing.assert_allclose(norm(x).detach(), expected)
        mean = mean + 0.1 * (batch.mean(0) - mean)
        var = var + 0.1 * (batch.var(0, ddof=1) - var)
    x = torch.randn(5, 3, dtype=torch.float64)
    expected = (x.numpy() - mean) / np.sqrt(var + 1e-5) * norm.weight.detach().numpy()
    found = norm.eval()(x).detach()
    np.testing.assert_allclose(found, expected + norm.bias.detach().numpy())


def test_corrections_are_constants_to_the_gradient() -> None:
    norm = BatchRenorm(2).double()
    x = torch.randn(8, 2, dtype=torch.float64, requires_grad=True)
    (found,) = torch.autograd.grad(norm(x)[:, 0].square().sum(), x)
    mean, var = x.detach().mean(0), x.detach().var(0)
    r, d = var.sqrt().clamp(1 / 3, 3), mean.clamp(-5, 5)
    plain = (x - x.mean(0)) / (x.var(0, correction=0) + 1e-5).sqrt()
    (expected,) = torch.autograd.grad((plain * r + d)[:, 0].square().sum(), x)
    torch.testing.assert_close(found, expected)
