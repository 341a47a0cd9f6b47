"""Checking idx files: against the published content, or only against the format."""

from pathlib import Path

import numpy as np

from fmnist_bench.data.facts import DATASETS, FILE_NAMES, FILE_SHAPES, dataset_facts
from fmnist_bench.data.parts import Part, Parts, read_part
from fmnist_bench.errors import BenchError

MOST_CLASSES = 65_535
# Of 26 August 2017; the day before they were published sorted by class
# (https://github.com/zalandoresearch/fashion-mnist, history of data/).
_OLD_TEST_LABELS = [0, 1, 2, 2, 3, 2, 8]


def read_published(name: str, folder: Path) -> Parts:
    """Return the parts in `folder`, each verified by its SHA-256.

    Raises:
        BenchError: a file is not that part of the published dataset `name`; the
            message says what it is instead, as far as that can be told.
    """
    found = {}
    # Labels first: they are small, and tell the old release.
    for part in reversed(FILE_NAMES):
        found[part] = read_part(folder, part)
        if found[part].sha256 != dataset_facts(name).sha256[part]:
            raise BenchError(f"{found[part].path}: {_diagnosis(name, part, found[part])}")
    return found


def read_own(folder: Path, classes: int | None) -> Parts:
    """Return the parts in `folder`, of the user's own data.

    Args:
        classes: how many there are; None for as many as the training labels have.

    Raises:
        BenchError: a file is not a whole idx file, a set is empty, the images of both are
            not of one shape and of 1 or 3 channels, the labels are not as many as the
            images, or not in 0 to `classes` - 1.
    """
    found = {part: read_part(folder, part) for part in FILE_NAMES}
    shape, limit = found["train_images"].array.shape[1:], classes or MOST_CLASSES
    for stage in ("train", "test"):
        image_file, label_file = found[f"{stage}_images"], found[f"{stage}_labels"]
        images, labels = image_file.array, label_file.array
        if images.ndim == 1 or images.size == 0 or images.shape[3:] not in ((), (3,)):
            expected = "[n, height, width] or [n, height, width, 3] with n >= 1"
            _refuse(image_file, images.shape, f"{expected}; convert the images")
        if images.shape[1:] != shape:
            expected = f"[n, {str(list(shape))[1:]} as in {FILE_NAMES['train_images']}"
            _refuse(image_file, images.shape, f"{expected}; bring all to one size")
        if labels.shape != images.shape[:1]:
            _refuse(label_file, labels.shape, f"[{len(images)}], one label for each image")
        wrong = np.flatnonzero((labels < 0) | (labels >= limit))
        if len(wrong):
            raise BenchError(
                f"{label_file.path}: label {labels[wrong[0]]} at index {wrong[0]}, expected 0 to "
                f"{limit - 1}; renumber the classes, or name them all in data.class_names"
            )
        limit = classes or int(labels.max()) + 1
    return found


def _refuse(file: Part, shape: tuple[int, ...], expected: str) -> None:
    raise BenchError(f"{file.path}: holds {list(shape)}, expected {expected}")


def _diagnosis(name: str, part: str, found: Part) -> str:
    """Say what a file is that is not `part` of dataset `name`, and what to do."""
    title = dataset_facts(name).title
    for other in DATASETS.values():
        for other_part, digest in other.sha256.items():
            if digest == found.sha256:
                return (
                    f"holds {FILE_NAMES[other_part]} of {other.title}, expected "
                    f"{FILE_NAMES[part]} of {title}; put the right file there"
                )
    array = found.array
    if name == "fashion_mnist" and array.shape == FILE_SHAPES[part] and array.ndim == 1:
        in_order = len(np.unique(array)) == 10 and bool((array[1:] >= array[:-1]).all())
        if in_order or array[:7].tolist() == _OLD_TEST_LABELS:
            return (
                "this is the old Fashion-MNIST, replaced on 31 August 2017 because its training "
                "and test sets overlap; expected the current release, fetch it again"
            )
    return (
        f"holds {list(array.shape)}, corrupt or edited: expected {title}, whose SHA-256 "
        f"begins {dataset_facts(name).sha256[part][:12]}, not {found.sha256[:12]}; fetch it "
        "again, or take data=idx data.name=NAME if it is data of your own"
    )
