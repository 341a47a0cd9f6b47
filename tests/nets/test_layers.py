"""The published layers in the published order, written out again with functional calls."""

from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn.functional import batch_norm, conv2d, linear, max_pool2d, relu

from fmnist_bench.nets.cnn import CNN
from fmnist_bench.nets.keras_cnn import KerasCNN
from fmnist_bench.nets.mlp import MLP
from fmnist_bench.nets.prior import ClassPrior
from fmnist_bench.nets.vgg import VGG


def layers_of(net: nn.Module, *kinds: type[nn.Module]) -> list[nn.Module]:
    return [module for module in net.modules() if isinstance(module, kinds)]


def norm(layer: nn.BatchNorm2d, x: torch.Tensor) -> torch.Tensor:
    return batch_norm(x, None, None, layer.weight, layer.bias, training=True, eps=1e-5)


def mlp(net: nn.Module, x: torch.Tensor) -> torch.Tensor:
    first, second, last = layers_of(net, nn.Linear)
    x = relu(linear(x.flatten(1), first.weight, first.bias))
    x = relu(linear(x, second.weight, second.bias))
    return linear(x, last.weight, last.bias)


def cnn(net: nn.Module, x: torch.Tensor) -> torch.Tensor:
    conv1, norm1, conv2, norm2, dense1, dense2 = layers_of(
        net, nn.Conv2d, nn.BatchNorm2d, nn.Linear
    )
    x = max_pool2d(relu(norm(norm1, conv2d(x, conv1.weight, conv1.bias, padding=2))), 2)
    x = relu(norm(norm2, conv2d(x, conv2.weight, conv2.bias, padding=2)))
    assert x.shape[1:] == (64, 16, 16)
    x = relu(linear(max_pool2d(x, 2).flatten(1), dense1.weight, dense1.bias))
    return linear(x, dense2.weight, dense2.bias)


def keras_cnn(net: nn.Module, x: torch.Tensor) -> torch.Tensor:
    conv1, conv2, conv3, conv4 = layers_of(net, nn.Conv2d)
    dense1, dense2 = layers_of(net, nn.Linear)
    x = relu(conv2d(x, conv1.weight, conv1.bias, padding="same"))
    x = max_pool2d(relu(conv2d(x, conv2.weight, conv2.bias, padding="same")), 2)
    x = relu(conv2d(x, conv3.weight, conv3.bias, padding="same"))
    x = max_pool2d(relu(conv2d(x, conv4.weight, conv4.bias, padding="same")), 2, stride=2)
    x = relu(linear(x.flatten(1), dense1.weight, dense1.bias))
    return linear(x, dense2.weight, dense2.bias)


def vgg(net: nn.Module, x: torch.Tensor) -> torch.Tensor:
    for number, conv in enumerate(layers_of(net, nn.Conv2d), start=1):
        x = relu(conv2d(x, conv.weight, conv.bias, padding=1))
        if number in (3, 6):
            x = max_pool2d(x, 2)
    x = x.flatten(1)
    assert x.shape[1] == 12_544
    dense1, dense2, dense3 = layers_of(net, nn.Linear)
    x = relu(linear(x, dense1.weight, dense1.bias))
    x = relu(linear(x, dense2.weight, dense2.bias))
    return linear(x, dense3.weight, dense3.bias)


@pytest.mark.parametrize(
    ("net", "published"),
    [
        (MLP(hidden=[300, 100], dropout=0.0, num_classes=10), mlp),
        (CNN(hidden=128, dropout=0.0, num_classes=10), cnn),
        (KerasCNN(conv_dropout=0.0, dense_dropout=0.0, num_classes=10), keras_cnn),
        (VGG(conv_dropout=0.0, dense_dropout=0.0, num_classes=10), vgg),
    ],
    ids=["mlp", "cnn", "keras_cnn", "vgg"],
)
def test_values_and_gradients_are_those_of_the_published_order(
    net: nn.Module, published: Callable[[nn.Module, torch.Tensor], torch.Tensor]
) -> None:
    net.double()
    batch = torch.randn(6, 1, 28, 28, dtype=torch.float64)
    gradients = []
    for logits in (net(batch), published(net, batch)):
        logits.square().sum().backward()
        gradients.append([parameter.grad.clone() for parameter in net.parameters()])
        net.zero_grad()
    torch.testing.assert_close(net(batch), published(net, batch))
    torch.testing.assert_close(gradients[0], gradients[1])


def kinds_of(layers: nn.Module) -> str:
    """One letter a layer: Conv, Norm, Pool, Linear, Dropout with its rate; the rest left out."""
    letters = {nn.Conv2d: "C", nn.BatchNorm2d: "N", nn.MaxPool2d: "P", nn.Linear: "L"}
    found = []
    for layer in layers.modules():
        if isinstance(layer, nn.Dropout):
            found.append(f"D{layer.p}")
        elif type(layer) in letters:
            found.append(letters[type(layer)])
    return " ".join(found)


def test_dropout_sits_where_the_reference_has_it() -> None:
    assert kinds_of(MLP(hidden=[9, 8, 7], dropout=0.3, num_classes=10)) == "L D0.3 L D0.3 L D0.3 L"
    assert kinds_of(CNN(hidden=8, dropout=0.4, num_classes=10)) == "C N P C N P L D0.4 L"
    keras = KerasCNN(conv_dropout=0.1, dense_dropout=0.2, num_classes=10)
    assert kinds_of(keras) == "C C P D0.1 C C P D0.1 L D0.2 L"
    assert kinds_of(VGG(conv_dropout=0.1, dense_dropout=0.2, num_classes=10)) == (
        "C C D0.1 C P D0.1 C C C P D0.1 L D0.2 L D0.2 L"
    )


def test_mlp_without_hidden_layers_is_one_dense_layer() -> None:
    net = MLP(hidden=[], dropout=0.0, num_classes=3)
    assert net(torch.zeros(2, 1, 28, 28)).shape == (2, 3)
    assert sum(parameter.numel() for parameter in net.parameters()) == 785 * 3


def test_prior_learns_the_class_frequencies() -> None:
    labels = torch.tensor([0, 0, 0, 1])
    net = ClassPrior(num_classes=2)
    optimiser = torch.optim.SGD(net.parameters(), lr=1.0)
    for _ in range(200):
        optimiser.zero_grad()
        logits = net(torch.randn(4, 1, 28, 28))
        nn.functional.cross_entropy(logits, labels).backward()
        optimiser.step()
    probabilities = net(torch.zeros(1, 1, 28, 28)).softmax(1)
    torch.testing.assert_close(probabilities, torch.tensor([[0.75, 0.25]]), rtol=0, atol=1e-4)
