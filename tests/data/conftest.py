"""Tiny published datasets: four idx files each, with their digests put in place of the real."""

import gzip
import hashlib
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from fmnist_bench.data import facts

FILES = {
    "train_images": "train-images-idx3-ubyte",
    "train_labels": "train-labels-idx1-ubyte",
    "test_images": "t10k-images-idx3-ubyte",
    "test_labels": "t10k-labels-idx1-ubyte",
}
Arrays = dict[str, NDArray[np.uint8]]


def idx_bytes(array: NDArray[np.uint8]) -> bytes:
    header = struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.tobytes()


def write_files(folder: Path, arrays: Arrays, *, gz: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for part, array in arrays.items():
        content = idx_bytes(array)
        name = FILES[part] + ".gz" if gz else FILES[part]
        (folder / name).write_bytes(gzip.compress(content) if gz else content)
    return folder


def random_arrays(seed: int, train: int = 6, test: int = 4) -> Arrays:
    generator = np.random.default_rng(seed)

    def draw(high: int, *shape: int) -> NDArray[np.uint8]:
        return generator.integers(0, high, shape, dtype=np.uint8)

    return {
        "train_images": draw(256, train, 28, 28),
        "train_labels": draw(10, train),
        "test_images": draw(256, test, 28, 28),
        "test_labels": draw(10, test),
    }


@pytest.fixture
def to_idx() -> Callable[[NDArray[np.uint8]], bytes]:
    return idx_bytes


@pytest.fixture
def write() -> Callable[..., Path]:
    """Write four idx files into a folder; `gz=True` for gzipped ones."""
    return write_files


@pytest.fixture
def own() -> Arrays:
    """Data that is nobody's published dataset."""
    return random_arrays(99)


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> dict[str, Arrays]:
    """Dataset name -> four tiny arrays, which pass for the published ones in this test."""
    datasets = {}
    for seed, (name, real) in enumerate(list(facts.DATASETS.items())):
        datasets[name] = arrays = random_arrays(seed)
        sha256 = {p: hashlib.sha256(idx_bytes(a)).hexdigest() for p, a in arrays.items()}
        monkeypatch.setitem(facts.DATASETS, name, replace(real, sha256=sha256))
    monkeypatch.setattr(
        "fmnist_bench.data.verify.FILE_SHAPES", {p: a.shape for p, a in arrays.items()}
    )
    pair = {part: ((0, 1),) for part in ("train_images", "test_images")}
    monkeypatch.setattr("fmnist_bench.data.old_release._DUPLICATES", pair)
    return datasets


@pytest.fixture
def no_sources(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Switch off every source; returns the empty folder that is now the whole PATH."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setattr("fmnist_bench.data.sources.DEBIAN_FOLDER", tmp_path / "not-installed")
    monkeypatch.setattr("fmnist_bench.data.sources.mirrors", lambda name: ([], []))
    return programs
