import errno
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fmnist_bench.data.folders import find_files, raw_files, store
from fmnist_bench.errors import BenchError

Arrays = dict[str, np.ndarray]
Write = Callable[..., Path]


def test_raw_is_preferred_to_gz(own: Arrays, write: Write, tmp_path: Path) -> None:
    write(tmp_path, own)
    write(tmp_path, own, gz=True)
    assert find_files("mnist", tmp_path) == raw_files(tmp_path)


@pytest.mark.parametrize(("name", "below"), [("fashion_mnist", "FashionMNIST"), ("mnist", "MNIST")])
def test_torchvision_layout_is_found(
    name: str, below: str, own: Arrays, write: Write, tmp_path: Path
) -> None:
    write(tmp_path / below / "raw", own, gz=True)
    found = find_files(name, tmp_path)
    assert {path.parent for path in found.values()} == {tmp_path / below / "raw"}
    assert found["test_labels"].name == "t10k-labels-idx1-ubyte.gz"


def test_missing_file_is_named(own: Arrays, write: Write, tmp_path: Path) -> None:
    write(tmp_path, own)
    (tmp_path / "t10k-images-idx3-ubyte").unlink()
    with pytest.raises(BenchError, match="no t10k-images-idx3-ubyte"):
        find_files("mnist", tmp_path)


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="absent: no such folder"):
        find_files("mnist", tmp_path / "absent")


def test_full_disk_is_one_line_and_loses_nothing(
    own: Arrays, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, own)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BenchError, match=r"cannot be written \(No space left") as caught:
        store(tmp_path, dict.fromkeys(own, b"new"))
    assert "\n" not in str(caught.value)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
