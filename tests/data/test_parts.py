from pathlib import Path

import numpy as np
import pytest

from fmnist_bench.data.facts import FILE_NAMES, dataset_facts
from fmnist_bench.data.parts import data_digest, find_folder, read_part
from fmnist_bench.errors import BenchError
from tests.data.files import Arrays, write


def test_raw_is_preferred_to_gz(own: Arrays, tmp_path: Path) -> None:
    write(tmp_path, {part: array ^ 1 for part, array in own.items()}, gz=True)
    write(tmp_path, own)
    for part, array in own.items():
        np.testing.assert_array_equal(read_part(find_folder("mnist", tmp_path), part).array, array)


@pytest.mark.parametrize(("name", "below"), [("fashion_mnist", "FashionMNIST"), ("mnist", "MNIST")])
def test_torchvision_layout_is_found(name: str, below: str, own: Arrays, tmp_path: Path) -> None:
    home = write(tmp_path / below / "raw", own, gz=True)
    assert find_folder(name, tmp_path) == home
    read = read_part(home, "test_labels").array
    np.testing.assert_array_equal(read, own["test_labels"])


@pytest.mark.parametrize("name", ["mnist", "mine"])
def test_missing_file_is_named(name: str, own: Arrays, tmp_path: Path) -> None:
    write(tmp_path, own)
    (tmp_path / FILE_NAMES["test_images"]).unlink()
    with pytest.raises(BenchError, match="no t10k-images-idx3-ubyte"):
        find_folder(name, tmp_path)


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="absent: no train-images-idx3-ubyte"):
        find_folder("mnist", tmp_path / "absent")


@pytest.mark.parametrize("gz", [False, True])
def test_digest_is_that_of_the_files_as_they_are(
    gz: bool, published: dict[str, Arrays], tmp_path: Path
) -> None:
    arrays = published["mnist"]
    write(tmp_path, arrays, gz=gz)
    assert data_digest(tmp_path) == dataset_facts("mnist").digest
    for part in arrays:
        write(tmp_path, arrays | {part: arrays[part] ^ 1}, gz=gz)
        assert data_digest(tmp_path) != dataset_facts("mnist").digest
