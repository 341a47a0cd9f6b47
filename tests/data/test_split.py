import numpy as np
import pytest

from fmnist_bench.data.split import split_indices
from fmnist_bench.errors import BenchError

LABELS = (np.arange(60_000) % 10).astype(np.uint8)
SEED = 20170831


def test_stratified_takes_500_of_each_class_and_leaves_the_rest() -> None:
    split = split_indices(LABELS, split="stratified", validation=5000, split_seed=SEED)
    assert np.bincount(LABELS[split.validation]).tolist() == [500] * 10
    assert sorted([*split.train, *split.validation]) == list(range(60_000))
    # Not the first of each class: drawn.
    assert split.validation.max() > 59_000


def test_the_split_is_the_same_for_ever() -> None:
    split = split_indices(LABELS, split="stratified", validation=5000, split_seed=SEED)
    assert split.digest == ("55d9176173c6937273068d1ec3689add66b60342052ee6d8c7c88b8bb286ca8c")
    assert split.validation[:5].tolist() == [17, 23, 36, 39, 40]


def test_another_split_seed_draws_other_images() -> None:
    one = split_indices(LABELS, split="stratified", validation=5000, split_seed=1)
    other = split_indices(LABELS, split="stratified", validation=5000, split_seed=2)
    # Two independent draws of 1 in 12 share about 1 in 12 of what they drew.
    assert 300 < len(np.intersect1d(one.validation, other.validation)) < 540


def test_as_published_splits() -> None:
    first = split_indices(LABELS, split="first", validation=5000, split_seed=SEED)
    assert first.validation.tolist() == list(range(5000))
    shuffled = split_indices(LABELS, split="shuffled", validation=12_000, split_seed=SEED)
    assert len(shuffled.train) == 4 * len(shuffled.validation) == 48_000
    none = split_indices(LABELS, split="none", validation=0, split_seed=SEED)
    assert len(none.train) == 60_000
    assert len(none.validation) == 0


def test_classes_beyond_a_byte_are_split_evenly() -> None:
    labels = np.repeat(np.arange(300), 7).astype(np.int64)
    split = split_indices(labels, split="stratified", validation=600, split_seed=SEED)
    assert np.bincount(labels[split.validation]).tolist() == [2] * 300


@pytest.mark.parametrize(
    ("split", "validation", "said"),
    [
        ("nosuch", 5000, "nosuch"),
        ("none", 5000, "takes 0 images"),
        ("stratified", 0, "take"),
        ("stratified", 5001, "divide evenly"),
        ("first", 60_000, "take fewer"),
        ("first", -1, "-1, expected greater"),
        ("first", 0.5, "0.5, expected a valid integer"),
    ],
)
def test_an_impossible_split_is_refused(split: str, validation: int, said: str) -> None:
    with pytest.raises(BenchError, match=said):
        split_indices(LABELS, split=split, validation=validation, split_seed=SEED)
