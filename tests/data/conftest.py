"""Tiny published datasets: four idx files each, with their digests put in place of the real."""

import gzip
import hashlib
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fmnist_bench.data import facts
from fmnist_bench.data.datamodule import ImageDataModule
from fmnist_bench.data.sources import Source
from fmnist_bench.errors import BenchError

FILES = {
    "train_images": "train-images-idx3-ubyte",
    "train_labels": "train-labels-idx1-ubyte",
    "test_images": "t10k-images-idx3-ubyte",
    "test_labels": "t10k-labels-idx1-ubyte",
}
Arrays = dict[str, NDArray[Any]]


CODES = {"uint8": 8, "int16": 11, "int32": 12, "float32": 13}


def idx_bytes(array: NDArray[Any]) -> bytes:
    header = struct.pack(f">HBB{array.ndim}I", 0, CODES[array.dtype.name], array.ndim, *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


def write_files(folder: Path, arrays: Arrays, *, gz: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for part, array in arrays.items():
        content = idx_bytes(array)
        name = FILES[part] + ".gz" if gz else FILES[part]
        (folder / name).write_bytes(gzip.compress(content) if gz else content)
    return folder


def random_arrays(
    seed: int, train: int = 6, test: int = 4, shape: tuple[int, ...] = (28, 28), classes: int = 10
) -> Arrays:
    generator = np.random.default_rng(seed)
    arrays: Arrays = {}
    for stage, count in (("train", train), ("test", test)):
        arrays[f"{stage}_images"] = generator.integers(0, 256, (count, *shape), dtype=np.uint8)
        # From the last class down, so that as few images as there are classes show them all.
        labels = generator.permutation(classes - 1 - np.arange(count) % classes)
        arrays[f"{stage}_labels"] = labels.astype(np.uint8 if classes < 256 else np.int32)
    return arrays


@pytest.fixture
def to_idx() -> Callable[[NDArray[np.uint8]], bytes]:
    return idx_bytes


@pytest.fixture
def write() -> Callable[..., Path]:
    """Write four idx files into a folder; `gz=True` for gzipped ones."""
    return write_files


@pytest.fixture
def draw() -> Callable[..., Arrays]:
    """Draw four arrays: `seed`, counts `train` and `test`, `shape` of an image, `classes`."""
    return random_arrays


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
    return datasets


@pytest.fixture
def no_sources(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Switch off every source; returns the empty folder that is now the whole PATH."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setattr("fmnist_bench.data.sources.DEBIAN_FOLDER", tmp_path / "not-installed")
    monkeypatch.setattr("fmnist_bench.data.sources._TORCHVISION", "raise SystemExit('no mirror')")
    return programs


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def holds() -> Callable[[Path, Arrays], bool]:
    """Say whether a folder holds four raw idx files of these arrays and nothing else."""

    def holds(folder: Path, arrays: Arrays) -> bool:
        return {path.name: path.read_bytes() for path in folder.iterdir()} == {
            FILES[part]: idx_bytes(array) for part, array in arrays.items()
        }

    return holds


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


@pytest.fixture
def reason(scratch: Path) -> Callable[[Source], str]:
    """Return why a source is passed over."""

    def reason(fetch: Source) -> str:
        with pytest.raises(BenchError) as caught:
            fetch(scratch, lambda line: None)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    return reason


ARGUMENTS: dict[str, Any] = {
    "name": "mine",
    "folder": "nowhere",
    "verify": False,
    "scaling": "raw",
    "class_names": None,
    "augmentations": {},
    "split": "none",
    "validation": 0,
    "split_seed": 0,
    "batch_size": 8,
    "eval_batch_size": 7,
    "drop_last": False,
    "seed": 0,
}


@pytest.fixture
def unread() -> Callable[..., ImageDataModule]:
    """Make a data module over a folder, with some arguments changed, that has read nothing."""
    return lambda folder, **changes: ImageDataModule(**(ARGUMENTS | {"folder": folder} | changes))


@pytest.fixture
def module(unread: Callable[..., ImageDataModule]) -> Callable[..., ImageDataModule]:
    """Make such a data module and set it up."""

    def module(folder: Path | None, **changes: Any) -> ImageDataModule:
        data = unread(folder, **changes)
        data.prepare_data()
        data.setup("fit")
        return data

    return module
