import copy

import pytest
import torch
from timm.layers import BatchNormAct2d, create_conv2d
from timm.models.resnetv2 import ResNetV2
from torch import nn

from fmnist_bench.errors import BenchError
from fmnist_bench.nets.wide_resnet import WideResNet


def wrn(depth: int, width: int, dropout: float = 0.0) -> WideResNet:
    return WideResNet(depth=depth, width=width, dropout=dropout, num_classes=10)


def count_by_formula(depth: int, width: int, channels: int) -> int:
    """Weights of the paper's table 1, summed by hand for n blocks in a group.

    Of each group of w output channels: 2n - 1 convolutions from w to w, one from the group
    before it, and a 1x1 shortcut where w is new. Two numbers a channel for each norm.
    """
    n = (depth - 4) // 6
    total, before = 9 * channels * 16, 16
    for w in (16 * width, 32 * width, 64 * width):
        total += 9 * w * w * (2 * n - 1) + 9 * before * w
        total += before * w if before != w else 0
        total += 2 * before + 2 * w * (2 * n - 1)
        before = w
    return total + 2 * before + (before + 1) * 10


@pytest.mark.parametrize(
    ("depth", "width", "millions"),
    [
        (40, 1, "0.6"),
        (40, 2, "2.2"),
        (40, 4, "8.9"),
        (16, 8, "11.0"),
        (22, 8, "17.2"),
        (16, 10, "17.1"),
        (28, 10, "36.5"),
    ],
)
def test_parameter_count_is_the_published_one(depth: int, width: int, millions: str) -> None:
    with torch.device("meta"):
        net = wrn(depth, width)
    ours = sum(parameter.numel() for parameter in net.parameters())
    assert ours == count_by_formula(depth, width, channels=1)
    colour = count_by_formula(depth, width, channels=3)
    assert colour - ours == 2 * 9 * 16
    assert f"{colour / 1e6:.1f}" == millions


def timms(net: WideResNet, depth: int, width: int) -> nn.Module:
    """The same net out of timm's pre-activation blocks, with a copy of `net`'s weights."""
    blocks = (depth - 4) // 6
    other = ResNetV2(
        layers=[blocks] * 3,
        channels=(16 * width, 32 * width, 64 * width),
        num_classes=10,
        in_chans=1,
        stem_chs=16,
        basic=True,
        bottle_ratio=1.0,
        norm_layer=BatchNormAct2d,
        conv_layer=create_conv2d,
    )
    other.stem = nn.Conv2d(1, 16, 3, padding=1, bias=False)
    names = {"stem": "stem", "norm": "norm", "classifier": "head.fc"}
    for number in range(3 * blocks):
        stage, block = divmod(number, blocks)
        theirs = f"stages.{stage}.blocks.{block}"
        names |= {
            f"blocks.{number}.{part}": f"{theirs}.{part}"
            for part in ("norm1", "conv1", "norm2", "conv2")
        }
        names[f"blocks.{number}.shortcut"] = f"{theirs}.downsample.conv"
    state = {}
    for key, value in net.state_dict().items():
        layer, tensor = key.rsplit(".", 1)
        # timm's classifier is a 1x1 convolution.
        value = value[:, :, None, None] if key == "classifier.weight" else value
        state[f"{names[layer]}.{tensor}"] = value.clone()
    other.load_state_dict(state)  # strict: nothing missing, nothing left over
    return other


def gradients(net: nn.Module) -> list[torch.Tensor]:
    found = [p.grad.flatten() for p in net.parameters() if p.grad is not None]
    return sorted(found, key=lambda gradient: (len(gradient), float(gradient.sum())))


def test_values_and_gradients_are_those_of_timms_blocks() -> None:
    torch.manual_seed(0)
    net = wrn(16, 2)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.2)
            nn.init.normal_(module.bias, 0.0, 0.2)
    net.double()
    other = timms(net, 16, 2).double()
    images = torch.randn(4, 1, 28, 28, dtype=torch.float64)
    for each in (net, other):
        each(images).square().sum().backward()
    # Running statistics of the pass above count in eval mode.
    torch.testing.assert_close(copy.deepcopy(net).eval()(images), other.eval()(images))
    assert len(gradients(net)) == len(list(net.parameters()))
    torch.testing.assert_close(gradients(net), gradients(other))


def test_weights_start_as_in_the_papers_code() -> None:
    torch.manual_seed(0)
    net = wrn(10, 8)
    for module in net.modules():
        if isinstance(module, nn.Conv2d) and module.weight.numel() > 10_000:
            area = module.kernel_size[0] * module.kernel_size[1]
            expected = (2 / (area * module.out_channels)) ** 0.5
            assert module.weight.std().item() == pytest.approx(expected, rel=0.05)
            assert module.bias is None
    assert not net.classifier.bias.any()


def test_dropout_sits_between_the_convolutions_of_each_block() -> None:
    block = wrn(10, 2, 0.3).blocks[0]
    called: list[str] = []
    for name, layer in block.named_children():
        layer.register_forward_hook(lambda *_, name=name: called.append(name))
    block(torch.zeros(1, 16, 8, 8))
    assert called == ["norm1", "conv1", "norm2", "dropout", "conv2", "shortcut"]
    rates = [module.p for module in wrn(16, 1, 0.3).modules() if isinstance(module, nn.Dropout)]
    assert rates == [0.3] * 6


@pytest.mark.parametrize(("depth", "width"), [(18, 2), (4, 2), (-2, 2), (16, 0)])
def test_a_shape_that_the_paper_does_not_have_is_refused(depth: int, width: int) -> None:
    with pytest.raises(BenchError, match="depth" if width else "width"):
        wrn(depth, width)
