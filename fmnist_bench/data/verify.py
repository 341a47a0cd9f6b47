"""Checking idx files: against the published content, or only against the format."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.data.facts import DATASETS, FILE_NAMES, FILE_SHAPES, dataset_facts
from fmnist_bench.data.idx import parse_idx, read_unpacked
from fmnist_bench.data.old_release import is_old_release
from fmnist_bench.errors import BenchError

# Labels first: they are small, and tell the old release more surely than images do.
_ORDER = ("test_labels", "train_labels", "test_images", "train_images")


def read_published(name: str, files: Mapping[str, Path]) -> dict[str, bytes]:
    """Return the uncompressed content of each part's file, verified by its SHA-256.

    Raises:
        BenchError: a file is not that part of the published dataset `name`; the
            message says what it is instead, as far as that can be told.
    """
    expected = dataset_facts(name).sha256
    contents = {}
    for part in _ORDER:
        content = read_unpacked(files[part])
        digest = hashlib.sha256(content).hexdigest()
        if digest != expected[part]:
            array = parse_idx(content, files[part])
            raise BenchError(f"{files[part]}: {_diagnosis(name, part, digest, array)}")
        contents[part] = content
    return contents


def read_own(files: Mapping[str, Path]) -> dict[str, bytes]:
    """Return the uncompressed content of each part's file, of the user's own data.

    Raises:
        BenchError: a file is not a whole idx file, the images are not 28x28, a set
            is empty, its labels are not as many as its images, or not in 0..9.
    """
    contents = {part: read_unpacked(files[part]) for part in _ORDER}
    arrays = {part: parse_idx(contents[part], files[part]) for part in _ORDER}
    for stage in ("train", "test"):
        images, labels = arrays[f"{stage}_images"], arrays[f"{stage}_labels"]
        image_file, label_file = files[f"{stage}_images"], files[f"{stage}_labels"]
        if images.shape[1:] != (28, 28) or len(images) == 0:
            raise BenchError(
                f"{image_file}: holds {_shape(images)}, expected [n, 28, 28] with n >= 1; "
                "convert the images to 28x28 grey"
            )
        if labels.shape != images.shape[:1]:
            raise BenchError(
                f"{label_file}: holds {_shape(labels)}, expected [{len(images)}], one label for "
                f"each image of {image_file.name}; give both files the same order and count"
            )
        if labels.max() > 9:
            raise BenchError(
                f"{label_file}: label {labels.max()} at index {labels.argmax()}, "
                "expected 0 to 9; renumber the classes"
            )
    return contents


def digest_of(name: str, contents: Mapping[str, bytes]) -> str:
    """Return the digest (hex) that the dataset would have if these were its files."""
    actual = {part: hashlib.sha256(content).hexdigest() for part, content in contents.items()}
    return replace(dataset_facts(name), sha256=actual).digest


def _diagnosis(name: str, part: str, digest: str, array: NDArray[np.uint8]) -> str:
    """Say what an idx file is that is not `part` of dataset `name`, and what to do."""
    title, expected = dataset_facts(name).title, FILE_SHAPES[part]
    for other in DATASETS.values():
        for other_part, other_digest in other.sha256.items():
            if digest == other_digest:
                return (
                    f"holds {FILE_NAMES[other_part]} of {other.title}, expected "
                    f"{FILE_NAMES[part]} of {title}; swapped or misnamed, put the right file there"
                )
    if array.shape != expected:
        return (
            f"holds {_shape(array)}, expected {list(expected)} for {title}; "
            "fetch it again, or pass data.verify=false if it is data of your own"
        )
    if name == "fashion_mnist" and is_old_release(part, array):
        return (
            "this is the old Fashion-MNIST, replaced on 31 August 2017 because its training and "
            "test sets overlap; expected the current release, fetch it again"
        )
    return (
        f"corrupt or edited: its SHA-256 begins {digest[:12]}, that of {title} "
        f"{dataset_facts(name).sha256[part][:12]}; fetch it again, or pass data.verify=false "
        "if it is data of your own"
    )


def _shape(array: NDArray[np.uint8]) -> str:
    return str(list(array.shape))
