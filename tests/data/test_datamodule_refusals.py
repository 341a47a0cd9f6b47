"""What the data module refuses, and when."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fmnist_bench.errors import BenchError
from tests.data.files import Arrays, module, unread, write


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "kmnist", "verify": True}, "takes data=idx data.name=kmnist data.folder=FOLDER"),
        ({"folder": None}, "takes data=idx data.name=mine data.folder=FOLDER"),
        ({"verify": "no"}, "data.verify: 'no', expected a valid boolean"),
        ({"scaling": "zscore"}, "data.scaling: 'zscore', expected 'standardize', 'unit'"),
        ({"class_names": []}, "data.class_names: [], expected"),
        ({"class_names": "ab"}, "data.class_names: 'ab', expected"),
        ({"class_names": 5}, "data.class_names: 5, expected an instance of Sequence"),
        ({"class_names": ["a", 1]}, "data.class_names: ['a', 1], expected a valid string"),
        ({"class_names": ["a", "b", "a"]}, "data.class_names: a, b, a; expected every name once"),
        ({"name": "mnist", "class_names": ["a"]}, "data.class_names: a; expected 10 different"),
        (
            {"augmentations": {"flip": None}},
            "augment.flip: None, expected an instance of Augmentation",
        ),
        (
            {"split": "odd", "validation": 5},
            "protocol.split: 'odd', expected 'stratified', 'shuffled'",
        ),
        (
            {"split": "first", "validation": -5},
            "protocol.validation: -5, expected greater than or equal to 0",
        ),
        ({"validation": 5}, "protocol.validation: 5 does not go with protocol.split=none"),
        ({"split_seed": 1.5}, "protocol.split_seed: 1.5, expected a valid integer"),
        ({"batch_size": 0}, "batch_size: 0, expected greater than or equal to 1"),
        ({"batch_size": 8.0}, "batch_size: 8.0, expected a valid integer"),
        ({"eval_batch_size": 0}, "eval_batch_size: 0, expected greater than or equal to 1"),
        ({"drop_last": "maybe"}, "drop_last: 'maybe', expected a valid boolean"),
        ({"seed": -1}, "seed: -1, expected greater than or equal to 0"),
    ],
)
def test_a_wrong_argument_is_named_before_anything_is_read(
    change: dict[str, Any], said: str
) -> None:
    with pytest.raises(BenchError) as caught:
        unread(**({"folder": "nowhere"} | change))
    assert said in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"class_names": ["a", "b"]}, "expected 0 to 1; renumber the classes, or name them all"),
        ({"split": "stratified", "validation": 4}, "do not divide evenly over the 6 classes"),
        ({"split": "first", "validation": 6}, "protocol.validation: 6 of 6 training images"),
        ({"scaling": "standardize"}, "data.scaling: standardize cannot scale"),
    ],
)
def test_what_does_not_fit_the_files_is_refused_in_setup(
    change: dict[str, Any], said: str, own: Arrays, tmp_path: Path
) -> None:
    flat = np.full_like(own["train_images"], 7)
    with pytest.raises(BenchError) as caught:
        module(write(tmp_path, own | {"train_images": flat}), **change)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_a_batch_of_more_images_than_there_are(own: Arrays, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="batch_size: 8, expected 1 to 6"):
        module(write(tmp_path, own)).train_dataloader()
