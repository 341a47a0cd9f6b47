import copy
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fmnist_bench.errors import BenchError
from fmnist_bench.nets.plain import PlainNet
from fmnist_bench.nets.plain_layers import ColumnNorm, MaxNormLinear


def plain(*layers: object, classes: int = 10, shape: tuple[int, ...] = (1, 28, 28)) -> PlainNet:
    return PlainNet(layers=list(layers), num_classes=classes, image_shape=shape)


def images(count: int = 4) -> Tensor:
    return torch.randn(count, 1, 28, 28, generator=torch.Generator().manual_seed(0))


def test_values_and_gradients_are_those_of_functional_calls_in_the_lists_order() -> None:
    net = plain(
        {"scale": 0.5},
        {"conv": 4, "kernel": 5, "padding": "same"},
        "elu",
        {"max_pool": 2},
        {"conv": 6, "kernel": 3, "padding": 2, "stride": 2, "bias": False},
        {"batch_norm": "channels", "eps": 0.001, "momentum": 0.01},
        "swish",
        {"avg_pool": 2, "stride": 1},
        "flatten",
        {"dense": 12},
        "batch_norm",
        "tanh",
        {"dropout": 0.0},
        {"dense": 10},
        "log_sigmoid",
    ).double()
    weights = dict(net.named_parameters())
    conv1, conv2, norm1, dense1, norm2, dense2 = (
        [value for name, value in weights.items() if name.startswith(f"layers.{number}.")]
        for number in (1, 4, 5, 9, 10, 13)
    )

    def by_hand(x: Tensor) -> Tensor:
        x = F.max_pool2d(F.elu(F.conv2d(x / 2, *conv1, padding=2)), 2)
        x = F.conv2d(x, *conv2, stride=2, padding=2)
        x = F.batch_norm(x, None, None, *norm1, training=True, eps=0.001)
        x = F.avg_pool2d(x * torch.sigmoid(x), 2, stride=1).flatten(1)
        x = torch.tanh(F.batch_norm(F.linear(x, *dense1), None, None, *norm2, training=True))
        return F.logsigmoid(F.linear(x, *dense2))

    found = []
    for scores in (net(images().double()), by_hand(images().double())):
        gradients = torch.autograd.grad(scores.square().sum(), list(net.parameters()))
        found.append((scores, gradients))
    torch.testing.assert_close(found[0], found[1])
    norm = next(layer for layer in net.layers if isinstance(layer, nn.BatchNorm2d))
    assert norm.momentum == 0.01
    assert net.training


@pytest.mark.parametrize("activation", ["relu", "elu", "tanh", "sigmoid", "log_sigmoid", "swish"])
def test_pooling_before_an_activation_changes_nothing(activation: str) -> None:
    net = plain(activation, {"max_pool": 2}, "flatten", classes=196)
    functions = {"swish": F.silu, "log_sigmoid": F.logsigmoid, "elu": F.elu}
    function = functions.get(activation) or getattr(torch, activation)
    assert torch.equal(net(images()), F.max_pool2d(function(images()), 2).flatten(1))
    # Swish falls before it rises, so it has to stay where it is.
    assert isinstance(net.layers[0], nn.MaxPool2d) == (activation != "swish")


@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("side", [7, 28])
def test_same_padding_is_tensorflows(kernel: int, stride: int, side: int) -> None:
    """https://www.tensorflow.org/api_docs/python/tf/nn, "Notes on padding"."""
    out = math.ceil(side / stride)
    rest = side % stride
    total = max(kernel - stride if rest == 0 else kernel - rest, 0)
    top, bottom = total // 2, total - total // 2
    picture = torch.randn(2, 1, side, side, dtype=torch.float64)
    padded = np.pad(picture.numpy(), ((0, 0), (0, 0), (top, bottom), (top, bottom)))
    net = plain(
        {"conv": 1, "kernel": kernel, "padding": "same", "stride": stride},
        "flatten",
        classes=out * out,
        shape=(1, side, side),
    ).double()
    weight, bias = (parameter.detach().numpy() for parameter in net.parameters())
    expected = [
        (padded[:, 0, y : y + kernel, x : x + kernel] * weight[0, 0]).sum((1, 2)) + bias[0]
        for y in range(0, out * stride, stride)
        for x in range(0, out * stride, stride)
    ]
    np.testing.assert_allclose(net(picture).detach(), np.stack(expected, axis=1), atol=1e-12)


@pytest.mark.parametrize("kind", ["max_pool", "avg_pool"])
@pytest.mark.parametrize(("size", "stride", "side"), [(2, 2, 7), (3, 2, 28), (3, 1, 5), (4, 3, 7)])
def test_same_pooling_looks_at_what_is_there_only(
    kind: str, size: int, stride: int, side: int
) -> None:
    out = math.ceil(side / stride)
    before = max((out - 1) * stride + size - side, 0) // 2
    picture = torch.randn(2, 1, side, side)
    net = plain(
        {kind: size, "stride": stride, "padding": "same"},
        "flatten",
        classes=out * out,
        shape=(1, side, side),
    )
    expected = []
    for y in range(-before, out * stride - before, stride):
        for x in range(-before, out * stride - before, stride):
            window = picture[:, 0, max(y, 0) : y + size, max(x, 0) : x + size]
            expected.append(window.amax((1, 2)) if kind == "max_pool" else window.mean((1, 2)))
    torch.testing.assert_close(net(picture), torch.stack(expected, dim=1))


def test_max_norm_is_a_constraint_after_each_step() -> None:
    """Keras's formula, applied by hand after each step of an ordinary layer."""
    torch.manual_seed(0)
    ours = MaxNormLinear(6, 4, max_norm=1.0)
    plain_layer = nn.Linear(6, 4)
    plain_layer.load_state_dict(ours.state_dict())
    optimizers = [torch.optim.SGD(each.parameters(), 0.5, 0.9) for each in (ours, plain_layer)]
    batch, targets = torch.randn(8, 6), torch.randn(8, 4) * 5
    shortened = 0
    for _ in range(20):
        for layer, optimizer in zip((ours, plain_layer), optimizers, strict=True):
            optimizer.zero_grad()
            (layer(batch) - targets).square().mean().backward()
            optimizer.step()
        with torch.no_grad():
            norms = plain_layer.weight.square().sum(1, keepdim=True).sqrt()
            shortened += int((norms > 1).sum())
            plain_layer.weight.mul_(norms.clamp(0, 1) / (1e-7 + norms))
        kept = ours.weight.detach().clone()
        torch.testing.assert_close(ours.eval()(batch), plain_layer(batch), rtol=1e-4, atol=1e-5)
        assert torch.equal(ours.weight, kept)  # scoring changes nothing
        ours.train()
    assert shortened > 10


def test_columns_are_normalised_over_images_channels_and_rows() -> None:
    batch = torch.randn(5, 3, 4, 7, dtype=torch.float64) * torch.arange(1, 8)
    norm = ColumnNorm(7, eps=0.001, momentum=0.25).double()
    mean = batch.numpy().mean((0, 1, 2))
    variance = batch.numpy().var((0, 1, 2))
    expected = (batch.numpy() - mean) / np.sqrt(variance + 0.001)
    np.testing.assert_allclose(norm(batch).detach(), expected)
    np.testing.assert_allclose(norm.running_mean, 0.25 * mean)


def test_copied_channels_and_unit_length() -> None:
    net = plain({"copy_channels": 3}, {"max_pool": 14}, "flatten", "unit_length", classes=12)
    vectors = net(images())
    torch.testing.assert_close(vectors.norm(dim=1), torch.ones(4))
    assert torch.equal(vectors[:, :4], vectors[:, 8:])


def test_max_norm_in_a_list_limits_a_units_weights() -> None:
    net = plain("flatten", {"dense": 10, "max_norm": 0.01})
    with torch.no_grad():
        net.layers[1].weight.fill_(1.0)
    net(images())
    torch.testing.assert_close(net.layers[1].weight.norm(dim=1), torch.full((10,), 0.01))


def test_dropout_and_two_nets_of_one_list() -> None:
    layers = ["flatten", {"dropout": 0.25}, {"dense": 10}]
    net = plain(*layers)
    assert net.layers[1].p == 0.25
    other = plain(*copy.deepcopy(layers))
    other.load_state_dict(net.state_dict())
    assert torch.equal(net.eval()(images()), other.eval()(images()))


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ([], "model.net.layers: the list is empty"),
        (["relu"], r"layers\[0\]: relu: ends with 1x28x28, expected 10 values, one for each"),
        (["flatten", {"dense": 9}], r"layers\[1\]: dense 9: ends with 9 values, expected 10"),
        ([{"dense": 10}], r"layers\[0\]: dense 10: needs flat values and gets 1x28x28"),
        (["flatten", {"max_pool": 2}], r"layers\[1\]: max_pool 2: needs an image and gets 784"),
        ([{"max_pool": 29}], r"layers\[0\]: max_pool 29: .*too small"),
        ([{"conv": 8, "kernel": 30, "padding": "valid"}], r"layers\[0\]: conv 8, kernel 30, "),
        ([{"conv": 8, "padding": "same"}], "conv needs kernel"),
        ([{"conv": 8, "kernel": 3, "padding": "sane"}], "padding 'sane'; choose same, valid"),
        ([{"conv": 8, "kernel": 3, "padding": 1, "strides": 2}], "strides is no option of conv"),
        ([{"conv": "wide", "kernel": 3, "padding": 1}], "conv wide, .*: conv needs a number"),
        ([{"batch_norm": "rows"}], "normalises channels or columns"),
        ([{"max_pool": 2, "stride": 1, "padding": "same"}], "choose an odd size"),
        (["dense"], r"layers\[0\]: dense: dense needs a number"),
        (["gelu"], r"layers\[0\]: gelu: no kind of layer; choose one of avg_pool, batch_norm"),
        ([{"kernel": 3}], r"layers\[0\]: kernel 3: no kind of layer"),
    ],
)
def test_a_list_that_does_not_fit_is_refused_in_one_line(layers: list[object], said: str) -> None:
    with pytest.raises(BenchError, match=said) as refused:
        plain(*layers)
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith("model.net.layers")
