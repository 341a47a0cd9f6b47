"""Tiny datasets of four idx files, and data modules over them."""

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.data.datamodule import ImageDataModule

FILES = {
    "train_images": "train-images-idx3-ubyte",
    "train_labels": "train-labels-idx1-ubyte",
    "test_images": "t10k-images-idx3-ubyte",
    "test_labels": "t10k-labels-idx1-ubyte",
}
Arrays = dict[str, NDArray[Any]]


CODES = {"uint8": 8, "int16": 11, "int32": 12, "float32": 13}


def to_idx(array: NDArray[Any]) -> bytes:
    header = struct.pack(f">HBB{array.ndim}I", 0, CODES[array.dtype.name], array.ndim, *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


def write(folder: Path, arrays: Arrays, *, gz: bool = False) -> Path:
    """Write four idx files into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, array in arrays.items():
        content = to_idx(array)
        name = FILES[part] + ".gz" if gz else FILES[part]
        (folder / name).write_bytes(gzip.compress(content) if gz else content)
    return folder


def draw(
    seed: int, train: int = 6, test: int = 4, shape: tuple[int, ...] = (28, 28), classes: int = 10
) -> Arrays:
    """Draw four arrays: counts `train` and `test`, `shape` of an image, number of `classes`."""
    generator = np.random.default_rng(seed)
    arrays: Arrays = {}
    for stage, count in (("train", train), ("test", test)):
        arrays[f"{stage}_images"] = generator.integers(0, 256, (count, *shape), dtype=np.uint8)
        # From the last class down, so that as few images as there are classes show them all.
        labels = generator.permutation(classes - 1 - np.arange(count) % classes)
        arrays[f"{stage}_labels"] = labels.astype(np.uint8 if classes < 256 else np.int32)
    return arrays


def holds(folder: Path, arrays: Arrays) -> bool:
    """Whether `folder` holds four raw idx files of these arrays and nothing else."""
    return {path.name: path.read_bytes() for path in folder.iterdir()} == {
        FILES[part]: to_idx(array) for part, array in arrays.items()
    }


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


def unread(folder: Path | None = None, **changes: Any) -> ImageDataModule:
    """Make a data module over `folder`, with some arguments changed, that has read nothing."""
    return ImageDataModule(**(ARGUMENTS | {"folder": folder} | changes))


def module(folder: Path | None = None, **changes: Any) -> ImageDataModule:
    """Make such a data module and set it up."""
    data = unread(folder, **changes)
    data.prepare_data()
    data.setup("fit")
    return data
