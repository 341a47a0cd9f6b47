import numpy as np
import pytest
from numpy.typing import NDArray

from fmnist_bench.data.facts import FILE_SHAPES
from fmnist_bench.data.old_release import is_old_release


def labels(count: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 10, count, dtype=np.uint8)


def images(part: str) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, FILE_SHAPES[part], dtype=np.uint8)


def test_test_labels_of_26_august_are_known_by_their_beginning() -> None:
    vector = labels(10_000)
    assert not is_old_release("test_labels", vector)
    vector[:7] = [0, 1, 2, 2, 3, 2, 8]
    assert is_old_release("test_labels", vector)
    assert not is_old_release("train_labels", vector)


@pytest.mark.parametrize("part", ["train_labels", "test_labels"])
def test_labels_of_25_august_are_known_by_being_sorted(part: str) -> None:
    vector = np.sort(labels(FILE_SHAPES[part][0]))
    assert is_old_release(part, vector)
    vector[0], vector[-1] = vector[-1], vector[0]
    assert not is_old_release(part, vector)


def test_labels_of_one_class_are_not_taken_for_sorted_ones() -> None:
    assert not is_old_release("train_labels", np.zeros(60_000, dtype=np.uint8))


@pytest.mark.parametrize(
    ("part", "pairs"),
    [
        ("train_images", [(601, 39865), (831, 24228), (1826, 23718), (2024, 53883)]),
        ("test_images", [(6334, 8569)]),
    ],
)
def test_images_are_known_by_their_duplicates(part: str, pairs: list[tuple[int, int]]) -> None:
    """Pairs as listed in issue 44 of zalandoresearch/fashion-mnist."""
    array = images(part)
    assert not is_old_release(part, array)
    for first, second in pairs:
        array[first] = array[second]
    assert is_old_release(part, array)
    array[pairs[-1][0], 3, 3] ^= 1
    assert not is_old_release(part, array)
