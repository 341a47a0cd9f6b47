import copy
import hashlib
import pickle
from pathlib import Path
from typing import Any

import huggingface_hub.constants
import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.functional import interpolate

from fmnist_bench.errors import BenchError
from fmnist_bench.nets.timm_net import TimmNet


def build(**changes: Any) -> TimmNet:
    arguments: dict[str, Any] = {
        "architecture": "test_efficientnet",
        "num_classes": 10,
        "channels": 3,
        "input_size": 56,
        "drop_rate": 0.0,
        "pretrained": False,
        "weights": None,
        "weights_sha256": None,
    }
    return TimmNet(**{**arguments, **changes}).eval()


def trained(architecture: str, **options: Any) -> nn.Module:
    """A timm net whose weights and running statistics are all unlike fresh ones."""
    torch.manual_seed(5)
    net = timm.create_model(architecture, **options).eval()
    with torch.no_grad():
        for value in net.state_dict().values():
            if value.is_floating_point():
                value.mul_(1.1).add_(0.05 * torch.rand_like(value))
    return net


def arguments_for(folder: Path, net: nn.Module, suffix: str = ".safetensors") -> dict[str, Any]:
    path = folder / f"weights{suffix}"
    if suffix == ".safetensors":
        save_file(net.state_dict(), path)
    else:
        torch.save(net.state_dict(), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"pretrained": True, "weights": str(path), "weights_sha256": digest}


def images() -> torch.Tensor:
    return torch.randn(3, 1, 28, 28, generator=torch.Generator().manual_seed(1))


def refusal(**changes: Any) -> str:
    with pytest.raises(BenchError) as caught:
        build(**changes)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("input_size", [28, 32, 56])
@pytest.mark.parametrize("channels", [1, 3])
@torch.no_grad()
def test_resizes_and_copies_grey_before_the_net(channels: int, input_size: int) -> None:
    net = build(channels=channels, input_size=input_size)
    prepared = interpolate(images(), size=(input_size, input_size), mode="bilinear")
    prepared = torch.cat([prepared] * channels, dim=1)
    seen: list[torch.Tensor] = []
    net.net.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    torch.testing.assert_close(net(images()), net.net(prepared))
    torch.testing.assert_close(seen[0], prepared)


def test_built_net_is_in_training_mode() -> None:
    arguments = {"num_classes": 10, "channels": 1, "input_size": 28, "drop_rate": 0.0}
    net = TimmNet(
        architecture="test_resnet",
        pretrained=False,
        weights=None,
        weights_sha256=None,
        **arguments,
    )
    assert all(module.training for module in net.modules())
    assert not any(value.any() for key, value in net.state_dict().items() if "num_batches" in key)


def test_drop_rate_reaches_the_classifier() -> None:
    net = build(drop_rate=0.4)
    assert net.net.drop_rate == 0.4


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@torch.no_grad()
def test_file_gives_the_logits_of_the_net_it_came_from(tmp_path: Path, suffix: str) -> None:
    source = trained("test_efficientnet")
    net = build(num_classes=1000, input_size=28, **arguments_for(tmp_path, source, suffix))
    assert torch.equal(net(images()), source(images().expand(-1, 3, -1, -1)))


@torch.no_grad()
def test_classifier_of_the_same_size_is_kept(tmp_path: Path) -> None:
    source = trained("test_resnet", num_classes=10)
    net = build(architecture="test_resnet", input_size=28, **arguments_for(tmp_path, source))
    assert torch.equal(net(images()), source(images().expand(-1, 3, -1, -1)))


def test_classifier_of_another_size_is_fresh(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = trained("test_efficientnet")
    arguments = arguments_for(tmp_path, source)
    with caplog.at_level("INFO", logger="fmnist_bench"):
        torch.manual_seed(9)
        net = build(**arguments)
    after = torch.rand(1)
    assert "classifier.weight, classifier.bias" in caplog.text
    torch.manual_seed(9)
    fresh = build().net.state_dict()
    assert torch.equal(torch.rand(1), after)  # the file costs no random numbers
    for key, value in net.net.state_dict().items():
        expected = fresh[key] if key.startswith("classifier.") else source.state_dict()[key]
        assert torch.equal(value, expected), key


@torch.no_grad()
def test_one_channel_sees_what_three_equal_channels_see(tmp_path: Path) -> None:
    source = trained("test_resnet", num_classes=10)
    arguments = arguments_for(tmp_path, source) | {"architecture": "test_resnet"}
    grey, colour = (build(channels=channels, **arguments) for channels in (1, 3))
    torch.testing.assert_close(grey(images()), colour(images()), rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_transformer_is_built_and_fitted_to_the_input_size(tmp_path: Path) -> None:
    source = trained("test_vit", num_classes=10)
    arguments = arguments_for(tmp_path, source)
    net = build(architecture="test_vit", input_size=64, **arguments)
    overlay = {"file": arguments["weights"], "num_classes": 10}
    plain = timm.create_model(
        "test_vit", pretrained=True, num_classes=10, img_size=64, pretrained_cfg_overlay=overlay
    ).eval()
    large = interpolate(images(), size=(64, 64), mode="bilinear").expand(-1, 3, -1, -1)
    assert torch.equal(net(images()), plain(large))


def test_loaded_net_does_not_carry_the_file_along(tmp_path: Path) -> None:
    arguments = arguments_for(tmp_path, trained("test_resnet"))
    net = build(architecture="test_resnet", **arguments)
    fresh = build(architecture="test_resnet")
    assert len(pickle.dumps(net)) < 1.01 * len(pickle.dumps(fresh))
    assert torch.equal(copy.deepcopy(net)(images()), net(images()))


# dla is among the architectures that timm loads without complaint whatever is missing.
@pytest.mark.parametrize("architecture", ["test_resnet", "dla46_c"])
def test_missing_and_unexpected_keys_are_named(tmp_path: Path, architecture: str) -> None:
    source = trained(architecture)
    key = next(iter(source.state_dict()))
    source.register_buffer("stranger", torch.zeros(1))
    layer, _, name = key.rpartition(".")
    delattr(source.get_submodule(layer), name)
    message = refusal(architecture=architecture, **arguments_for(tmp_path, source))
    assert f"1 missing: {key}" in message
    assert "1 unexpected: stranger" in message


def test_weights_of_another_architecture(tmp_path: Path) -> None:
    arguments = arguments_for(tmp_path, trained("test_resnet"))
    message = refusal(architecture="test_vit", **arguments)
    assert message.startswith(arguments["weights"])
    assert "do not fit test_vit" in message
    assert "missing: cls_token" in message


def test_misshaped_keys_are_named(tmp_path: Path) -> None:
    source = trained("test_resnet")
    source.conv1 = nn.Identity()
    source.bn1 = nn.BatchNorm2d(7)
    message = refusal(architecture="test_resnet", **arguments_for(tmp_path, source))
    assert "of another shape: bn1.weight (7,)" in message


def test_grey_weights_do_not_fit_three_channels(tmp_path: Path) -> None:
    source = trained("test_efficientnet", in_chans=1)
    message = refusal(channels=3, **arguments_for(tmp_path, source))
    assert "conv_stem.weight" in message


def test_hub_out_of_reach(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    message = refusal(architecture="resnet18", pretrained=True)
    assert "resnet18" in message
    assert "weights=PATH" in message


def test_architecture_without_weights() -> None:
    assert "weights=PATH" in refusal(architecture="resnet200", pretrained=True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"architecture": "mobilenetv2_10"}, "mobilenetv2_100"),
        ({"architecture": "resnet18.nothing"}, "resnet18.a1_in1k"),
        ({"architecture": "qqqqqqqq"}, "list_models"),
        ({"architecture": "hf-hub:some/net"}, "has no"),
        ({"channels": 2}, "channels: expected 1 or 3, got 2"),
        ({"weights": "some.pth"}, "pretrained is false"),
        ({"weights": "some.pth", "pretrained": True}, "some.pth"),
        ({"architecture": "test_vit", "input_size": 30}, "input_size: 30 does not suit"),
        ({"architecture": "test_vit", "drop_rate": 2.0}, "test_vit cannot be built so"),
    ],
)
def test_bad_arguments(changes: dict[str, Any], words: str) -> None:
    assert words in refusal(**changes)
