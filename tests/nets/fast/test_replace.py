"""A net computes the same with the kernels that are faster on a CPU."""

import copy

import pytest
import timm
import torch
from torch import nn

from fmnist_bench.nets.fast.replace import replace_slow_layers


@pytest.fixture(params=["mobilenetv2_050", "tf_efficientnet_lite0"])  # pad by themselves or not
def nets(request: pytest.FixtureRequest) -> tuple[nn.Module, nn.Module]:
    torch.manual_seed(0)
    plain = timm.create_model(request.param, num_classes=10, drop_path_rate=0.0)
    changed = copy.deepcopy(plain)
    replace_slow_layers(changed)
    return plain, changed


def _step(net: nn.Module, *, bf16: bool) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    torch.manual_seed(1)
    images = torch.randn(8, 3, 32, 32)
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        logits = net(images)
    logits.float().square().mean().backward()
    gradients = {name: p.grad for name, p in net.named_parameters() if p.grad is not None}
    return logits, gradients


def test_in_fp32_logits_and_gradients_are_equal(nets: tuple[nn.Module, nn.Module]) -> None:
    (logits, gradients), (ours, our_gradients) = (_step(net, bf16=False) for net in nets)
    torch.testing.assert_close(ours, logits)
    torch.testing.assert_close(our_gradients, gradients)


def test_under_bf16_it_is_no_further_from_fp32_than_before(
    nets: tuple[nn.Module, nn.Module],
) -> None:
    plain, changed = nets
    exact, _ = _step(copy.deepcopy(plain), bf16=False)
    theirs, _ = _step(plain, bf16=True)
    ours, gradients = _step(changed, bf16=True)
    assert ours.dtype == theirs.dtype == torch.bfloat16
    assert len(gradients) == len(list(changed.parameters()))
    assert (ours - exact).abs().mean() <= (theirs - exact).abs().mean() * 1.1


@pytest.mark.parametrize(
    ("options", "size", "expected"),
    [
        ({"kernel_size": 3, "groups": 4, "stride": 2}, 8, torch.float32),
        ({"kernel_size": 5, "groups": 4, "padding": 2}, 8, torch.float32),
        ({"kernel_size": 3, "groups": 4, "padding": 1}, 2, torch.float32),
        ({"kernel_size": 3, "groups": 4, "padding": 1}, 8, torch.bfloat16),
        ({"kernel_size": 3, "stride": 2}, 8, torch.bfloat16),
    ],
)
def test_grouped_convolutions_alone_leave_bf16_where_it_is_slow(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, int], size: int, expected: torch.dtype
) -> None:
    seen: list[torch.dtype] = []
    convolve = nn.Conv2d._conv_forward

    def watch(self: nn.Conv2d, *arguments: torch.Tensor) -> torch.Tensor:
        output = convolve(self, *arguments)
        seen.append(output.dtype)
        return output

    monkeypatch.setattr(nn.Conv2d, "_conv_forward", watch)
    net = nn.Sequential(nn.Conv2d(4, 4, **options))
    replace_slow_layers(net)
    replace_slow_layers(net)  # nothing more to change
    with torch.autocast("cpu", torch.bfloat16):
        assert net(torch.randn(2, 4, size, size)).dtype == torch.bfloat16
    assert seen == [expected]


def test_layers_of_all_kinds_are_found() -> None:
    net = nn.Sequential(
        nn.Conv2d(4, 4, 3), nn.Conv2d(4, 4, 3, groups=4), nn.Dropout(), nn.ReLU6(inplace=True)
    )
    replace_slow_layers(net)
    plain = (nn.Conv2d, nn.Conv2d, nn.Dropout, nn.ReLU6)
    assert not any(type(layer) is kind for layer, kind in zip(net, plain, strict=True))


def test_layers_without_a_faster_equal_stay() -> None:
    kept = [nn.Conv2d(3, 4, 1), nn.Conv2d(3, 4, 3, padding="same"), nn.ReLU()]
    kept += [nn.Conv2d(3, 4, 3, padding=2, padding_mode="reflect"), nn.Dropout2d(0.5)]
    kinds = [type(layer) for layer in kept]
    replace_slow_layers(nn.Sequential(*kept))
    assert [type(layer) for layer in kept] == kinds


def test_names_and_weights_stay(nets: tuple[nn.Module, nn.Module]) -> None:
    plain, changed = nets
    weights, ours = plain.state_dict(), changed.state_dict()
    assert list(weights) == list(ours)
    assert all(torch.equal(weights[name], ours[name]) for name in weights)
