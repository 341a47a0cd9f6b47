"""Which training images train and which validate: a function of the protocol alone.

The order within a split comes from SHA-256, not from a library's random generator, so
that the same images validate with every version of every library, and anyone can list them.
"""

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.data.arguments import Whole, check
from fmnist_bench.errors import BenchError

Way = Literal["stratified", "shuffled", "first", "none"]


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
    check("protocol.split", split, Way)
    check("protocol.validation", validation, Whole)
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
    `first` the first ones of the file and `none` no image, for validation.

    Raises:
        BenchError: `validation` does not fit the split and the labels.
    """
    check_split(split, validation)
    if validation >= len(labels):
        said = f"{validation} of {len(labels)} training images; take fewer"
        raise BenchError(f"protocol.validation: {said}")
    is_validation = np.zeros(len(labels), dtype=bool)
    is_validation[_chosen(labels, split, validation, split_seed)] = True
    return Split(np.flatnonzero(~is_validation), np.flatnonzero(is_validation))


def _chosen(
    labels: NDArray[np.integer[Any]], split: str, count: int, split_seed: int
) -> NDArray[Any]:
    if split in ("first", "none"):
        return np.arange(count)
    keys = [hashlib.sha256(f"{split_seed}:{n}".encode()).digest() for n in range(len(labels))]
    order = np.array(sorted(range(len(labels)), key=keys.__getitem__))
    if split == "shuffled":
        return order[:count]
    classes, sizes = np.unique(labels, return_counts=True)
    each, rest = divmod(count, len(classes))
    if rest or each > sizes.min():
        raise BenchError(
            f"protocol.validation: {count} images do not divide evenly over the {len(classes)} "
            f"classes, the smallest of {sizes.min()}; take a multiple of {len(classes)}, "
            "or protocol.split=shuffled"
        )
    return np.concatenate([order[labels[order] == label][:each] for label in classes])
