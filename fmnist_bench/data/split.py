"""Which training images train and which validate: a function of the protocol alone.

The order within a split comes from SHA-256, not from a library's random generator, so
that the same images validate with every version of every library, and anyone can list them.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.errors import BenchError

SPLITS = ("stratified", "shuffled", "first", "none")


@dataclass(frozen=True)
class Split:
    """Indices (int64, ascending) into the training images; `validation` may be empty."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the validation indices as little-endian int32."""
        return hashlib.sha256(self.validation.astype("<i4").tobytes()).hexdigest()


def check_split(split: str, validation: int) -> None:
    """Check what can be checked before there are labels.

    Raises:
        BenchError: `split` is unknown, or `validation` does not go with it.
    """
    if split not in SPLITS:
        raise BenchError(f"protocol.split: {split!r} is unknown; choose from {', '.join(SPLITS)}")
    if not isinstance(validation, int) or validation < 0:
        raise BenchError(f"protocol.validation: {validation!r}, expected a whole number of images")
    if (split == "none") != (validation == 0):
        raise BenchError(
            f"protocol.validation: {validation} does not go with protocol.split={split}; "
            "'none' takes 0 images, every other split more"
        )


def split_indices(
    labels: NDArray[np.integer[Any]], *, split: str, validation: int, split_seed: int
) -> Split:
    """Split `labels` (integers from 0, shape (n,)) of the training images.

    `stratified` takes equally many images of each class, `shuffled` any images,
    `first` the first ones in file order, `none` no image.

    Raises:
        BenchError: as `check_split`, or these labels cannot give that split.
    """
    check_split(split, validation)
    if validation >= len(labels):
        raise BenchError(
            f"protocol.validation: {validation} of {len(labels)} training images; take fewer"
        )
    chosen = _chosen(labels, split, validation, split_seed)
    is_validation = np.zeros(len(labels), dtype=bool)
    is_validation[chosen] = True
    return Split(np.flatnonzero(~is_validation), np.flatnonzero(is_validation))


def _chosen(
    labels: NDArray[np.integer[Any]], split: str, count: int, split_seed: int
) -> NDArray[Any]:
    if split in ("first", "none"):
        return np.arange(count)
    order = _hash_order(len(labels), split_seed)
    if split == "shuffled":
        return order[:count]
    classes, sizes = np.unique(labels, return_counts=True)
    per_class, rest = divmod(count, len(classes))
    if rest or per_class > sizes.min():
        raise BenchError(
            f"protocol.validation: {count} images do not divide evenly over the "
            f"{len(classes)} classes of these labels, the smallest of {sizes.min()} images; "
            f"take a multiple of {len(classes)}, or protocol.split=shuffled"
        )
    return np.concatenate([order[labels[order] == label][:per_class] for label in classes])


def _hash_order(count: int, split_seed: int) -> NDArray[np.int64]:
    keys = [hashlib.sha256(f"{split_seed}:{index}".encode()).digest() for index in range(count)]
    return np.array(sorted(range(count), key=keys.__getitem__), dtype=np.int64)
