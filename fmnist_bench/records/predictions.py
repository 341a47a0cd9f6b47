"""`predictions.npz`: what one run said about each test image, in order."""

import hashlib
import io
import zipfile
import zlib
from dataclasses import dataclass, replace
from functools import cached_property
from lzma import LZMAError
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.errors import BenchError
from fmnist_bench.files import atomic_write

FILE_NAME = "predictions.npz"

_FINENESS = 12.0
"""Steps of a code for each e-fold of 1 + distance in nats.

So 10,000 images of 10 classes take 42 (94 % accurate) to 53 kB (83 %), and the mean
log-likelihood of the labels changes by less than 0.001.
"""


@dataclass(frozen=True)
class Predictions:
    """Predicted class (n,), and its probability (n,) float16 or all of them as codes (n, c) uint8.

    A code says how far a class lies behind the predicted one, in nats, on a logarithmic scale:
    0 for the predicted class alone, and 255 where nothing remains. Runs from before there
    were codes have the confidence alone.
    """

    classes: NDArray[np.unsignedinteger[Any]]
    confidence: NDArray[np.float16]
    codes: NDArray[np.uint8] | None = None
    labels: NDArray[np.integer[Any]] | None = None

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the bytes of what is stored."""
        digest = hashlib.sha256(self.classes.tobytes())
        digest.update((self.confidence if self.codes is None else self.codes).tobytes())
        if self.labels is not None:
            digest.update(self.labels.tobytes())
        return digest.hexdigest()

    @cached_property
    def probabilities(self) -> NDArray[np.float64] | None:
        """Probability of each class, shape (n, c); None where it was not stored."""
        return None if self.codes is None else _decoded(self.codes)


def from_log_probabilities(log_probabilities: NDArray[np.floating[Any]]) -> Predictions:
    """Return the predictions of a net from its log-probabilities (n, c), rounded as stored."""
    behind = log_probabilities.max(axis=1, keepdims=True) - log_probabilities.astype(np.float64)
    codes = np.clip(np.rint(_FINENESS * np.log1p(behind)), 1, 255).astype(np.uint8)
    predicted = log_probabilities.argmax(axis=1)
    codes[np.arange(len(codes)), predicted] = 0
    return _coded(codes)


def write_predictions(folder: Path, predictions: Predictions) -> None:
    """Write `predictions.npz` into `folder`, whole or not at all."""
    if predictions.codes is None:
        arrays = {"classes": predictions.classes, "confidence": predictions.confidence}
    else:
        # Images that were given one class stand together, and their codes class by class, since
        # neighbours then resemble each other: a fifth less than in the order of the images.
        order = np.argsort(predictions.classes, kind="stable")
        arrays = {"classes": predictions.classes, "codes": predictions.codes[order].T}
    if predictions.labels is not None:
        arrays["labels"] = predictions.labels
    with (
        atomic_write(folder / FILE_NAME) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as packed,
    ):
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(array), allow_pickle=False)
            # A fixed date, so that equal predictions are equal files.
            packed.writestr(zipfile.ZipInfo(f"{name}.npy"), content.getvalue(), zipfile.ZIP_LZMA)


def read_predictions(folder: Path, images: int, classes: int = 10) -> Predictions:
    """Read `predictions.npz` from `folder`.

    Raises:
        BenchError: the file is missing, unreadable, or does not hold `images` predictions of
            one of `classes` with their probabilities.
    """
    path = folder / FILE_NAME
    try:
        # Opened here, since numpy leaves a file that is no zip open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = dict(stored)
    except FileNotFoundError:
        raise BenchError(f"{path}: missing; a finished run has one beside its record") from None
    except (
        *(OSError, ValueError, KeyError, EOFError, NotImplementedError),
        *(zipfile.BadZipFile, zlib.error, LZMAError),
    ) as error:
        raise BenchError(f"{path}: not a predictions file ({error}); run it again") from None
    if "codes" in arrays:
        stored_codes, codes = arrays["codes"].T, np.empty((images, classes), np.uint8)
        _check(path, "codes", stored_codes, codes.shape, "uint8")
        order = np.arange(images)
        if "classes" in arrays:  # without, they stand in the order of the images
            _check(path, "classes", arrays["classes"], (images,), str(_kind(classes)))
            order = np.argsort(arrays["classes"], kind="stable")
        codes[order] = stored_codes
        read = replace(_coded(codes), labels=arrays.get("labels"))
        told = arrays.get("classes", read.classes)
        if ((codes == 0).sum(axis=1) != 1).any() or (read.classes != told).any():
            raise BenchError(f"{path}: an image without one predicted class; run it again")
        return read
    chosen, confidence = (arrays.get(name, np.empty(0)) for name in ("classes", "confidence"))
    _check(path, "classes", chosen, (images,), "uint8")
    _check(path, "confidence", confidence, (images,), "float16")
    if images and chosen.max() >= classes:
        raise BenchError(
            f"{path}: class {chosen.max()} predicted, expected 0 to {classes - 1}; run it again"
        )
    if not ((confidence >= 0) & (confidence <= 1)).all():
        raise BenchError(f"{path}: confidence outside [0, 1]; run it again")
    return Predictions(chosen, confidence)


def _check(path: Path, name: str, array: Any, shape: tuple[int, ...], dtype: str) -> None:
    if array.shape != shape or array.dtype != dtype:
        raise BenchError(
            f"{path}: {name} is {array.dtype}{list(array.shape)}, "
            f"expected {dtype}{list(shape)}; run it again"
        )


def _coded(codes: NDArray[np.uint8]) -> Predictions:
    classes = codes.argmin(axis=1).astype(_kind(codes.shape[1]))
    confidence = _decoded(codes)[np.arange(len(classes)), classes].astype(np.float16)
    return Predictions(classes, confidence, codes)


def _kind(classes: int) -> np.dtype[Any]:
    return np.dtype(np.uint8 if classes <= 256 else np.uint16)


def _decoded(codes: NDArray[np.uint8]) -> NDArray[np.float64]:
    shares = np.exp(-np.expm1(codes / _FINENESS))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def log_losses(predictions: Predictions, labels: NDArray[np.integer[Any]]) -> tuple[float, float]:
    """Return bounds of the mean cross-entropy (nats per image) that `predictions` leave open.

    They are one where all probabilities are stored, but for a class of which nothing remained.
    A confidence alone says how much a wrong class leaves for the right one, at most.
    """
    if predictions.codes is None:
        right = predictions.classes == labels
        confidence = predictions.confidence.astype(np.float64)
        # Half a step of float16 below 1 is what a confidence that is stored as 1 may leave.
        left = np.where(right, np.maximum(confidence, 1e-7), np.maximum(1 - confidence, 2.0**-12))
        return float(-np.log(left).mean()), float("inf")
    behind = np.expm1(predictions.codes / _FINENESS)
    total = np.log(np.exp(-behind).sum(axis=1))
    codes = predictions.codes[np.arange(len(labels)), labels]
    least = float((behind[np.arange(len(labels)), labels] + total).mean())
    return least, float("inf") if (codes == 255).any() else least
