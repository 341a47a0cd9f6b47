import math

import torch
from torch import nn

from fmnist_bench.nets.cnn import CNN
from fmnist_bench.nets.init import xavier_


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
