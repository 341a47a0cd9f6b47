"""What every net promises: images (B, 1, 28, 28) to logits (B, 10), whatever is inside."""

import copy
import io
from collections.abc import Callable

import pytest
import timm
import torch
from torch import nn

from fmnist_bench.nets.cnn import CNN
from fmnist_bench.nets.keras_cnn import KerasCNN
from fmnist_bench.nets.linear import SoftmaxRegression
from fmnist_bench.nets.mlp import MLP
from fmnist_bench.nets.prior import ClassPrior
from fmnist_bench.nets.timm_net import TimmNet
from fmnist_bench.nets.vgg import VGG
from fmnist_bench.nets.wide_resnet import WideResNet


def timm_net(architecture: str, channels: int, input_size: int = 56) -> TimmNet:
    return TimmNet(
        architecture=architecture,
        num_classes=10,
        channels=channels,
        input_size=input_size,
        drop_rate=0.2,
        pretrained=False,
        weights=None,
        weights_sha256=None,
    )


# Name -> (how to build it, parameters as published or, for cnn, counted by hand).
NETS: dict[str, tuple[Callable[[], nn.Module], int]] = {
    "prior": (lambda: ClassPrior(num_classes=10), 10),
    "linear": (lambda: SoftmaxRegression(num_classes=10), 7_850),
    "mlp": (lambda: MLP(hidden=[300, 100], dropout=0.1, num_classes=10), 266_610),
    "cnn": (
        lambda: CNN(hidden=128, dropout=0.5, num_classes=10),
        (25 * 32 + 32) + 2 * 32 + (9 * 32 * 64 + 64) + 2 * 64 + (4096 * 128 + 128) + 1290,
    ),
    "keras_cnn": (
        lambda: KerasCNN(conv_dropout=0.25, dense_dropout=0.25, num_classes=10),
        887_530,
    ),
    "vgg": (lambda: VGG(conv_dropout=0.3, dense_dropout=0.5, num_classes=10), 7_001_194),
    "wrn": (lambda: WideResNet(depth=10, width=1, dropout=0.3, num_classes=10), 77_562),
    # timm's own miniatures; the counts are timm's.
    "timm_resnet": (lambda: timm_net("test_resnet", 3), 373_658),
    "timm_grey": (lambda: timm_net("test_efficientnet", 1), 101_334),
    "timm_vit": (lambda: timm_net("test_vit", 3, input_size=64), 301_514),
}


@pytest.fixture(params=NETS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def net(name: str) -> nn.Module:
    torch.manual_seed(0)
    return NETS[name][0]()


def images(count: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(count, 1, 28, 28, generator=generator)


def test_parameter_count(name: str, net: nn.Module) -> None:
    assert sum(parameter.numel() for parameter in net.parameters()) == NETS[name][1]


@pytest.mark.parametrize(
    ("architecture", "channels", "expected"),
    [
        ("mobilenetv2_100", 3, 2_236_682),
        ("mobilenetv2_100", 1, 2_236_106),
        ("resnet18", 3, 11_181_642),
        ("resnet18", 1, 11_175_370),
    ],
)
def test_parameter_count_of_timm_nets(architecture: str, channels: int, expected: int) -> None:
    net = timm_net(architecture, channels)
    assert sum(parameter.numel() for parameter in net.parameters()) == expected
    plain = timm.create_model(architecture, num_classes=10, in_chans=channels)
    assert net.net.state_dict().keys() == plain.state_dict().keys()
    assert sum(parameter.numel() for parameter in plain.parameters()) == expected


def test_logits_are_finite_and_every_parameter_learns(net: nn.Module) -> None:
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.ones_(module.weight)  # timm starts some at zero, which cuts off their branch
    logits = net(images(4))
    assert logits.shape == (4, 10)
    assert logits.dtype == torch.float32
    assert logits.isfinite().all()
    nn.functional.cross_entropy(logits, torch.arange(4)).backward()
    for key, parameter in net.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.isfinite().all(), key
        assert parameter.grad.any(), key


def test_input_is_left_alone(net: nn.Module) -> None:
    batch = images(3)
    net(batch)
    assert torch.equal(batch, images(3))


def test_eval_mode_is_deterministic_and_per_image(net: nn.Module) -> None:
    net.eval()
    with torch.no_grad():
        logits = net(images(4))
        assert torch.equal(net(images(4)), logits)
        alone = net(images(4)[2:3])
    torch.testing.assert_close(alone, logits[2:3], rtol=1e-4, atol=1e-5)


def test_same_seed_gives_same_net(name: str, net: nn.Module) -> None:
    torch.manual_seed(0)
    again = NETS[name][0]().state_dict()
    torch.manual_seed(1)
    other = NETS[name][0]().state_dict()
    state = net.state_dict()
    assert all(torch.equal(again[key], value) for key, value in state.items())
    if name != "prior":  # it starts from zeros
        assert any(not torch.equal(other[key], value) for key, value in state.items())


def test_dropout_acts_in_training(name: str, net: nn.Module) -> None:
    if name in ("prior", "linear"):
        assert not any(isinstance(module, nn.Dropout) for module in net.modules())
        return
    with torch.no_grad():
        assert not torch.equal(net(images(4)), net(images(4)))


def test_channels_last_gives_the_same_logits(net: nn.Module) -> None:
    net.eval()
    last = copy.deepcopy(net).to(memory_format=torch.channels_last)
    with torch.no_grad():
        expected = net(images(2))
        actual = last(images(2).to(memory_format=torch.channels_last))
    torch.testing.assert_close(actual, expected, rtol=1e-4, atol=1e-5)


def test_state_survives_a_file(name: str, net: nn.Module) -> None:
    buffer = io.BytesIO()
    torch.save(net.state_dict(), buffer)
    buffer.seek(0)
    other = NETS[name][0]()
    other.load_state_dict(torch.load(buffer, weights_only=True))
    with torch.no_grad():
        assert torch.equal(other.eval()(images(2)), net.eval()(images(2)))


def test_exports_with_a_free_batch_size(net: nn.Module) -> None:
    exports_with_a_free_batch_size(net)


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["mobilenetv2_100", "resnet18"])
def test_timm_nets_export_with_a_free_batch_size(architecture: str) -> None:
    exports_with_a_free_batch_size(timm_net(architecture, 3))


def exports_with_a_free_batch_size(net: nn.Module) -> None:
    net.eval()
    batch = torch.export.Dim("batch", min=1, max=512)
    program = torch.export.export(net, (images(2),), dynamic_shapes=({0: batch},))
    with torch.no_grad():
        torch.testing.assert_close(program.module()(images(5)), net(images(5)))
