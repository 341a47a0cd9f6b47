import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

# The module, not the function: pytest would collect a function of that name.
from fmnist_bench.data import labels
from fmnist_bench.errors import BenchError

# Images per digit in MNIST's test set, as commonly tabulated; Fashion-MNIST is balanced.
MNIST_COUNTS = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


@pytest.mark.parametrize(
    ("name", "first", "counts"),
    [
        ("fashion_mnist", [9, 2, 1, 1, 6, 1, 4, 6, 5, 7], [1000] * 10),
        ("mnist", [7, 2, 1, 0, 4, 1, 4, 9, 5, 9], MNIST_COUNTS),
    ],
)
def test_labels_are_the_published_ones(name: str, first: list[int], counts: list[int]) -> None:
    vector = labels.test_labels(name)
    assert vector.dtype == np.uint8 and vector.shape == (10_000,)
    assert vector[:10].tolist() == first
    assert np.bincount(vector).tolist() == counts


def test_unknown_dataset_is_refused() -> None:
    with pytest.raises(BenchError, match="unknown dataset 'kmnist'"):
        labels.test_labels("kmnist")


@pytest.mark.parametrize("content", [None, b"", b"junk", "cut", "mnist"])
def test_changed_file_is_refused(
    content: bytes | str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path(labels.__file__).parent / "labels"
    folder = tmp_path / "labels"
    folder.mkdir()
    if content == "cut":
        content = (real / "fashion_mnist.gz").read_bytes()[:-9]
    if content == "mnist":
        content = (real / "mnist.gz").read_bytes()
    if isinstance(content, bytes):
        (folder / "fashion_mnist.gz").write_bytes(content)
    monkeypatch.setattr(labels, "files", lambda package: tmp_path)
    with pytest.raises(BenchError, match=r"fashion_mnist\.gz: missing or changed"):
        labels.test_labels("fashion_mnist")


def test_scoring_needs_no_torch() -> None:
    code = (
        "import sys; from fmnist_bench.data.labels import test_labels; test_labels('mnist');"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
