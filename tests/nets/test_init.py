import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import stats
from torch import nn

from fmnist_bench.errors import BenchError
from fmnist_bench.nets.cnn import CNN
from fmnist_bench.nets.init import (
    he_fan_out_,
    keras_,
    keras_he_normal_,
    keras_small_first_conv_,
    pytorch_2017_,
    xavier_,
)


def fresh() -> CNN:
    return CNN(hidden=128, dropout=0.5, num_classes=10)


def test_weights_follow_the_stated_distributions() -> None:
    torch.manual_seed(0)
    net = fresh()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.fill_(7.0)
    assert xavier_(net) is net
    fans = {"features.0": (25, 32 * 25), "features.4": (32 * 9, 64 * 9)}
    fans |= {"classifier.1": (4096, 128), "classifier.4": (128, 10)}
    for key, (fan_in, fan_out) in fans.items():
        weight = net.get_submodule(key).weight
        bound = math.sqrt(6 / (fan_in + fan_out))
        assert 0.97 * bound < weight.abs().max() <= bound
        # A uniform distribution on (-b, b) has standard deviation b / sqrt(3).
        assert abs(weight.std().item() * math.sqrt(3) / bound - 1) < 0.1
        assert abs(weight.mean().item()) < 0.1 * bound
        assert not net.get_submodule(key).bias.any()
    scales = torch.cat([net.features[1].weight, net.features[5].weight])
    assert abs(scales.mean().item() - 1) < 0.01
    assert 0.015 < scales.std().item() < 0.025
    assert not net.features[1].bias.any()


def test_draws_from_the_global_generator() -> None:
    torch.manual_seed(3)
    first = xavier_(fresh()).state_dict()
    torch.manual_seed(3)
    second = xavier_(fresh()).state_dict()
    third = xavier_(fresh()).state_dict()
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert not torch.equal(first["features.0.weight"], third["features.0.weight"])


def test_layers_without_bias_or_scale_and_other_parameters_are_respected() -> None:
    net = nn.Sequential(
        nn.Conv2d(1, 2, 3, bias=False), nn.BatchNorm2d(2, affine=False), nn.PReLU(init=0.3)
    )
    xavier_(net)
    assert net[0].bias is None
    assert torch.equal(net[2].weight, torch.tensor([0.3]))


def net() -> nn.Sequential:
    """Layers with enough weights to see a distribution."""
    return nn.Sequential(
        nn.Conv2d(16, 64, (3, 5)), nn.BatchNorm2d(500), nn.Linear(300, 400), nn.BatchNorm1d(500)
    )


def follows(values: torch.Tensor, distribution: object) -> bool:
    sample: NDArray[np.float64] = values.detach().double().numpy().ravel()
    return bool(stats.kstest(sample, distribution.cdf).pvalue > 0.01)  # type: ignore[attr-defined]  # scipy's


def uniform(bound: float) -> object:
    return stats.uniform(-bound, 2 * bound)


FANS = {0: (16 * 15, 64 * 15), 2: (300, 400)}
"""Layer -> the inputs of a unit, the units that an input feeds."""


def test_keras_is_glorots_uniform_distribution_and_zeros() -> None:
    torch.manual_seed(0)
    found = keras_(net())
    for number, fans in FANS.items():
        assert follows(found[number].weight, uniform(math.sqrt(6 / sum(fans))))
        assert not found[number].bias.any()
    assert (found[1].weight == 1).all()


def test_the_first_convolution_of_row_7_is_small() -> None:
    torch.manual_seed(0)
    found = keras_small_first_conv_(nn.Sequential(nn.Linear(4, 4), nn.Conv2d(1, 200, 5)))
    assert follows(found[1].weight, uniform(0.05))
    assert follows(found[1].bias, stats.norm(scale=0.05))
    assert not found[0].bias.any()


def test_he_normal_is_cut_off_and_has_the_variance_of_its_paper() -> None:
    torch.manual_seed(0)
    found = keras_he_normal_(net())
    for number, (inputs, _) in FANS.items():
        std = math.sqrt(2 / inputs)
        assert found[number].weight.std().item() == pytest.approx(std, rel=0.02)
        sigma = std / stats.truncnorm(-2, 2).std()
        assert follows(found[number].weight, stats.truncnorm(-2, 2, scale=sigma))
        assert not found[number].bias.any()


@pytest.mark.parametrize("conv", ["default", "xavier_uniform", "xavier_normal"])
def test_pytorch_of_2017(conv: str) -> None:
    torch.manual_seed(0)
    found = pytorch_2017_(net(), conv=conv)
    for norm in (found[1], found[3]):
        assert follows(norm.weight, stats.uniform())
        assert not norm.bias.any()
    bound = math.sqrt(6 / sum(FANS[0]))
    expected = {
        "default": uniform(1 / math.sqrt(FANS[0][0])),
        "xavier_uniform": uniform(bound),
        "xavier_normal": stats.norm(scale=bound / math.sqrt(3)),
    }
    assert [name for name, each in expected.items() if follows(found[0].weight, each)] == [conv]
    assert follows(found[0].bias, uniform(1 / math.sqrt(FANS[0][0])))
    assert follows(found[2].weight, uniform(1 / math.sqrt(FANS[2][0])))


def test_an_unknown_start_of_convolutions_is_refused() -> None:
    with pytest.raises(BenchError, match=r"model\.init\.conv: 'orthogonal'; choose default, "):
        pytorch_2017_(net(), conv="orthogonal")


def test_he_fan_out_counts_the_outputs() -> None:
    torch.manual_seed(0)
    found = he_fan_out_(net())
    assert follows(found[0].weight, stats.norm(scale=math.sqrt(2 / FANS[0][1])))


@pytest.mark.parametrize(
    "initialise",
    [keras_, keras_he_normal_, lambda net: pytorch_2017_(net, conv="xavier_normal"), he_fan_out_],
)
def test_frozen_layers_keep_their_weights(initialise: Callable[[nn.Module], nn.Module]) -> None:
    frozen = net().requires_grad_(False)
    before = [parameter.clone() for parameter in frozen.parameters()]
    initialise(frozen)
    assert all(map(torch.equal, before, frozen.parameters()))
