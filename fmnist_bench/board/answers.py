"""Predictions from anywhere: a file of classes or probabilities, checked before it is scored."""

import csv
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.board.dataset import Dataset
from fmnist_bench.errors import BenchError
from fmnist_bench.records.predictions import read_predictions

SUM_TOLERANCE = 1e-3
"""How far ten probabilities may add up from one: float16 rounds by less."""

CHANCE = 0.2
"""Accuracy below which balanced predictions are taken to be of other images."""


@dataclass(frozen=True)
class Answers:
    """Predicted class of each test image (n,), and where known all probabilities (n, classes)."""

    classes: NDArray[np.uint8]
    probabilities: NDArray[np.float64] | None


def read_answers(path: Path, dataset: Dataset) -> Answers:
    """Read what `path` predicts for the test images of a published `dataset`, in their order.

    An `.npz` or `.npy` holds classes (n,) or probabilities (n, classes) under any name, and may
    hold the `labels` that they were scored on; a run's own `predictions.npz` will do. A `.csv` has
    a line for each image, with or without a header: its class as number or name, or all
    probabilities, after its index or without.

    Raises:
        BenchError: the file is none of these, or what it predicts cannot be scored.
    """
    labels = dataset.labels
    assert labels is not None, "published datasets have labels"
    if path.suffix == ".csv":
        found = _from_csv(path, dataset)
    elif path.suffix in (".npz", ".npy"):
        found = _from_numpy(path, dataset, labels)
    else:
        raise BenchError(f"{path}: expected a file that ends in .npz, .npy or .csv")
    answers = _checked(path, found, dataset)
    shares = np.bincount(answers.classes, minlength=len(dataset.class_names)) / len(labels)
    accuracy = float((answers.classes == labels).mean())
    if accuracy < CHANCE and shares.max() < 2 * CHANCE:
        raise BenchError(
            f"{path}: {100 * accuracy:.1f} % are right, which is chance: not in the order of the "
            "published test images, of classes counted otherwise, or of the test set before "
            "31 August 2017"
        )
    return answers


def _from_numpy(path: Path, dataset: Dataset, labels: NDArray[np.uint8]) -> NDArray[Any]:
    try:
        loaded = np.load(path, allow_pickle=False)
        arrays = dict(loaded) if isinstance(loaded, np.lib.npyio.NpzFile) else {"": loaded}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise BenchError(f"{path}: not readable as NumPy's ({error})") from None
    if "codes" in arrays or "confidence" in arrays:  # a run's own
        if path.name != "predictions.npz":
            raise BenchError(f"{path}: a run's own predictions; call it predictions.npz")
        kept = read_predictions(path.parent, len(labels), len(dataset.class_names))
        return kept.classes if kept.probabilities is None else kept.probabilities
    told = arrays.pop("labels", labels)
    if told.shape != labels.shape or (told != labels).any():
        raise BenchError(
            f"{path}: its labels are not those of the {dataset.title} test set; the one before "
            "31 August 2017 had other images"
        )
    if len(arrays) != 1:
        names = ", ".join(arrays) or "none"
        raise BenchError(f"{path}: arrays {names}; expected one, of classes or probabilities")
    return next(iter(arrays.values()))


def _from_csv(path: Path, dataset: Dataset) -> NDArray[Any]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = [line for line in csv.reader(file) if line]
    except (OSError, ValueError, csv.Error) as error:
        raise BenchError(f"{path}: not readable as CSV ({error})") from None
    classes = {name: str(number) for number, name in enumerate(dataset.class_names)}
    lines = [[classes.get(cell.strip(), cell.strip()) for cell in line] for line in lines]
    if lines and not all(map(_is_number, lines[0])):
        lines = lines[1:]
    widths = {len(line) for line in lines}
    size = len(dataset.class_names)
    if len(widths) != 1 or not widths <= {1, 2, size, size + 1}:
        raise BenchError(
            f"{path}: {', '.join(map(str, sorted(widths))) or 'no'} cells a line; expected a class "
            f"or {size} probabilities, after an index or without"
        )
    for number, line in enumerate(lines):
        if not all(map(_is_number, line)):
            raise BenchError(
                f"{path}: image {number}: {','.join(line)!r:.60} is no number or class"
            )
    table = np.array(lines, np.float64)
    if table.shape[1] in (2, size + 1):
        index, table = table[:, 0], table[:, 1:]
        if not np.array_equal(np.sort(index), np.arange(len(index))):
            raise BenchError(f"{path}: its first column is no index from 0, each image once")
        table = table[np.argsort(index)]
    return table[:, 0] if table.shape[1] == 1 else table


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _checked(path: Path, found: NDArray[Any], dataset: Dataset) -> Answers:
    assert dataset.labels is not None, "published datasets have labels"
    images, size = len(dataset.labels), len(dataset.class_names)
    if found.dtype.kind not in "iuf" or found.ndim not in (1, 2):
        raise BenchError(
            f"{path}: {found.dtype} of shape {found.shape}; expected whole numbers ({images},) or "
            f"probabilities ({images}, {size})"
        )
    if len(found) != images:
        raise BenchError(
            f"{path}: {len(found)} predictions; the {dataset.title} test set has {images} images"
        )
    if not np.isfinite(found).all():
        image = int(np.argwhere(~np.isfinite(found))[0, 0])
        raise BenchError(f"{path}: image {image} has NaN or an infinity")
    if found.ndim == 2:
        return _probabilities(path, found.astype(np.float64), size)
    wrong = (found != np.floor(found)) | (found < 0) | (found >= size)
    if wrong.any():
        image = int(wrong.argmax())
        raise BenchError(
            f"{path}: image {image} is of class {found[image]}; expected whole numbers 0 to "
            f"{size - 1}"
        )
    return Answers(found.astype(np.uint8), None)


def _probabilities(path: Path, found: NDArray[np.float64], size: int) -> Answers:
    if found.shape[1] != size:
        raise BenchError(f"{path}: {found.shape[1]} probabilities an image, expected {size}")
    off = (np.abs(found.sum(axis=1) - 1) > SUM_TOLERANCE) | (found < 0).any(axis=1)
    if off.any():
        image = int(off.argmax())
        raise BenchError(
            f"{path}: image {image}: {size} numbers from {found[image].min():.3g} that add up to "
            f"{found[image].sum():.4g}; expected probabilities, as a softmax gives them"
        )
    return Answers(found.argmax(axis=1).astype(np.uint8), found)
