"""`predictions.npz`: what one run said about each test image, in order."""

import hashlib
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.errors import BenchError
from fmnist_bench.files import atomic_write

FILE_NAME = "predictions.npz"
TEST_IMAGES = 10_000


@dataclass(frozen=True)
class Predictions:
    """Predicted class (uint8, shape (n,)) and its probability (float16, same shape)."""

    classes: NDArray[np.uint8]
    confidence: NDArray[np.float16]

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of both arrays' bytes."""
        return hashlib.sha256(self.classes.tobytes() + self.confidence.tobytes()).hexdigest()


def write_predictions(folder: Path, predictions: Predictions) -> None:
    """Write `predictions.npz` into `folder`, whole or not at all."""
    with atomic_write(folder / FILE_NAME) as file:
        np.savez_compressed(file, classes=predictions.classes, confidence=predictions.confidence)


def read_predictions(folder: Path, images: int = TEST_IMAGES) -> Predictions:
    """Read `predictions.npz` from `folder`.

    Raises:
        BenchError: the file is missing, unreadable, or not `images` uint8 classes
            in 0..9 with as many float16 confidences in [0, 1].
    """
    path = folder / FILE_NAME
    try:
        # Opened here, since numpy leaves a file that is no zip open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            classes, confidence = arrays["classes"], arrays["confidence"]
    except FileNotFoundError:
        raise BenchError(f"{path}: missing; a finished run has one beside its record") from None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise BenchError(f"{path}: not a predictions file ({error}); run it again") from None
    for name, array, dtype in (
        ("classes", classes, "uint8"),
        ("confidence", confidence, "float16"),
    ):
        if array.shape != (images,) or array.dtype != dtype:
            raise BenchError(
                f"{path}: {name} is {array.dtype}{list(array.shape)}, "
                f"expected {dtype}[{images}]; run it again"
            )
    if classes.max() > 9:
        raise BenchError(f"{path}: class {classes.max()} predicted, expected 0 to 9; run it again")
    if not ((confidence >= 0) & (confidence <= 1)).all():
        raise BenchError(f"{path}: confidence outside [0, 1]; run it again")
    return Predictions(classes, confidence)
