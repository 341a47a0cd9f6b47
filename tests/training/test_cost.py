import copy
from collections.abc import Callable

import pytest
import torch
from torch import nn

from fmnist_bench.nets.cnn import CNN
from fmnist_bench.nets.keras_cnn import KerasCNN
from fmnist_bench.nets.linear import SoftmaxRegression
from fmnist_bench.nets.mlp import MLP
from fmnist_bench.nets.prior import ClassPrior
from fmnist_bench.nets.timm_net import TimmNet
from fmnist_bench.training.cost import mac_count, parameter_count


def timm_net(architecture: str) -> TimmNet:
    return TimmNet(
        architecture=architecture,
        num_classes=10,
        channels=3,
        input_size=56,
        drop_rate=0.0,
        pretrained=False,
        weights=None,
        weights_sha256=None,
    )


# A convolution costs output pixels x filters x filter size; a dense layer inputs x outputs.
BY_HAND = {
    "prior": (ClassPrior(num_classes=10), 0),
    "linear": (SoftmaxRegression(num_classes=10), 784 * 10),
    "mlp": (
        MLP(hidden=[300, 100], dropout=0.0, num_classes=10),
        784 * 300 + 300 * 100 + 100 * 10,
    ),
    "cnn": (
        CNN(hidden=128, dropout=0.5, num_classes=10),
        28 * 28 * 32 * 25 + 16 * 16 * 64 * 9 * 32 + 4096 * 128 + 128 * 10,
    ),
    "keras_cnn": (
        KerasCNN(conv_dropout=0.25, dense_dropout=0.25, num_classes=10),
        28 * 28 * 32 * (25 + 25 * 32) + 14 * 14 * 64 * (9 * 32 + 9 * 64) + 3136 * 256 + 256 * 10,
    ),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_macs_counted_by_hand(name: str) -> None:
    net, expected = BY_HAND[name]
    assert mac_count(net, (1, 28, 28)) == expected


@pytest.mark.parametrize(
    ("architecture", "millions"), [("mobilenetv2_100", 22.2), ("resnet18", 129.1)]
)
def test_macs_as_published(architecture: str, millions: float) -> None:
    assert round(mac_count(timm_net(architecture), (1, 28, 28)) / 1e6, 1) == millions


def test_parameters_count_once_and_without_buffers() -> None:
    net = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Linear(3, 3))
    net[2].weight = net[0].weight
    net[0].weight.requires_grad_(False)
    assert parameter_count(net) == 9 + 3 + 6 + 3


class Restless(nn.Module):
    """Counts its calls in a buffer and draws a random number, even in eval mode."""

    def __init__(self) -> None:
        super().__init__()
        self.classifier = nn.Linear(784, 10)
        self.register_buffer("calls", torch.tensor(0))
        self.seen_training: list[bool] = []

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        self.seen_training.append(self.training)
        logits: torch.Tensor = self.classifier(images.flatten(1))
        return logits + torch.rand(1)


@pytest.mark.parametrize(
    "make", [lambda: CNN(hidden=8, dropout=0.5, num_classes=10), Restless], ids=["cnn", "restless"]
)
def test_net_and_generator_are_left_as_they_were(make: Callable[[], nn.Module]) -> None:
    net = make()
    net.train()
    frozen = next(module for module in net.modules() if isinstance(module, nn.Linear))
    frozen.eval()
    modes = [module.training for module in net.modules()]
    before = copy.deepcopy(net.state_dict())
    generator = torch.get_rng_state()

    mac_count(net, (1, 28, 28))

    assert [module.training for module in net.modules()] == modes
    assert torch.equal(torch.get_rng_state(), generator)
    after = net.state_dict()
    assert all(torch.equal(after[key], value) for key, value in before.items())
    assert all(parameter.grad is None for parameter in net.parameters())


def test_runs_in_eval_mode() -> None:
    net = Restless()
    mac_count(net, (1, 28, 28))
    assert net.seen_training == [False]


class Broken(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.classifier = nn.Linear(3, 3)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        raise ValueError("no")


def test_mode_is_restored_when_the_net_fails() -> None:
    net = Broken()
    with pytest.raises(ValueError, match="no"):
        mac_count(net, (1, 28, 28))
    assert net.training
    assert net.classifier.training


def test_other_precision() -> None:
    net = SoftmaxRegression(num_classes=10).to(torch.bfloat16)
    assert mac_count(net, (1, 28, 28)) == 7840
