import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fmnist_bench.data.verify import read_own, read_published
from fmnist_bench.errors import BenchError
from tests.data.files import Arrays, draw, to_idx, write

TRAIN_LABELS, TEST_LABELS = "train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"


def complaint(read: Callable[[], object]) -> str:
    with pytest.raises(BenchError) as caught:
        read()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def published_complaint(folder: Path, name: str = "fashion_mnist") -> str:
    return complaint(lambda: read_published(name, folder))


@pytest.mark.parametrize("gz", [False, True])
def test_published_content_is_returned(
    gz: bool, published: dict[str, Arrays], tmp_path: Path
) -> None:
    write(tmp_path, published["mnist"], gz=gz)
    parts = read_published("mnist", tmp_path)
    assert {part: read.content for part, read in parts.items()} == {
        part: to_idx(array) for part, array in published["mnist"].items()
    }


def test_swapped_files_are_named(published: dict[str, Arrays], tmp_path: Path) -> None:
    write(tmp_path, published["fashion_mnist"])
    shutil.copy(tmp_path / TRAIN_LABELS, tmp_path / TEST_LABELS)
    message = published_complaint(tmp_path)
    assert message.startswith(str(tmp_path / TEST_LABELS))
    assert f"holds {TRAIN_LABELS} of Fashion-MNIST, expected {TEST_LABELS}" in message


def test_the_other_dataset_is_named(published: dict[str, Arrays], tmp_path: Path) -> None:
    write(tmp_path, published["mnist"])
    assert f"holds {TEST_LABELS} of MNIST, expected" in published_complaint(tmp_path)


def test_one_flipped_pixel_is_corrupt(published: dict[str, Arrays], tmp_path: Path) -> None:
    published["fashion_mnist"]["train_images"][3, 14, 14] ^= 1
    write(tmp_path, published["fashion_mnist"])
    message = published_complaint(tmp_path)
    assert (
        "train-images-idx3-ubyte: holds [6, 28, 28], corrupt or edited" in message
        and "fetch it again" in message
    )


def test_another_count_is_told(published: dict[str, Arrays], own: Arrays, tmp_path: Path) -> None:
    write(tmp_path, own | {"test_labels": own["test_labels"][:3]})
    assert "holds [3], corrupt or edited: expected Fashion-MNIST" in published_complaint(tmp_path)


def test_old_release_is_refused_by_name(tmp_path: Path) -> None:
    """With the real digests and counts; the labels of 26 August 2017 begin like this."""
    labels = np.random.default_rng(0).integers(0, 10, 10_000, dtype=np.uint8)
    labels[:7] = [0, 1, 2, 2, 3, 2, 8]
    pixel = np.zeros((1, 28, 28), np.uint8)
    one = np.zeros(1, np.uint8)
    write(
        tmp_path,
        {"train_images": pixel, "train_labels": one, "test_images": pixel, "test_labels": labels},
    )
    message = published_complaint(tmp_path)
    assert "old Fashion-MNIST" in message and "31 August 2017" in message
    assert "old Fashion-MNIST" not in published_complaint(tmp_path, "mnist")


def test_old_release_of_the_day_before_is_refused_by_name(tmp_path: Path) -> None:
    """Its labels are sorted by class."""
    labels = np.sort(np.arange(10_000, dtype=np.uint8) % 10)
    pixel, one = np.zeros((1, 28, 28), np.uint8), np.zeros(1, np.uint8)
    arrays = {"train_images": pixel, "train_labels": one, "test_images": pixel}
    write(tmp_path, {**arrays, "test_labels": labels})
    assert "old Fashion-MNIST" in published_complaint(tmp_path)
    labels[0], labels[-1] = labels[-1], labels[0]
    write(tmp_path, {**arrays, "test_labels": labels})
    assert "corrupt or edited" in published_complaint(tmp_path)
    write(tmp_path, {**arrays, "test_labels": np.zeros_like(labels)})
    assert "corrupt or edited" in published_complaint(tmp_path)


@pytest.mark.parametrize(
    ("shape", "classes"), [((28, 28), 10), ((32, 32, 3), 10), ((20, 31), 47), ((8, 8), 300)]
)
@pytest.mark.parametrize("named", [False, True])
def test_own_data_of_the_format_is_taken(
    shape: tuple[int, ...], classes: int, named: bool, tmp_path: Path
) -> None:
    own = draw(1, train=2 * classes, test=classes, shape=shape, classes=classes)
    write(tmp_path, own, gz=True)
    parts = read_own(tmp_path, classes if named else None)
    assert {part: read.content for part, read in parts.items()} == {
        part: to_idx(array) for part, array in own.items()
    }


@pytest.mark.parametrize(
    ("part", "array", "said"),
    [
        ("train_images", np.zeros((6, 8, 8, 4), np.uint8), "holds [6, 8, 8, 4], expected [n, h"),
        ("train_images", np.zeros((0, 28, 28), np.uint8), "n >= 1"),
        ("train_images", np.zeros((6, 28, 0), np.uint8), "holds [6, 28, 0]"),
        ("train_images", np.zeros(6, np.uint8), "holds [6], expected [n, height, width]"),
        ("train_labels", np.zeros(5, np.uint8), "holds [5], expected [6]"),
        ("test_images", np.zeros((4, 28, 27), np.uint8), "holds [4, 28, 27], expected [n, 28, 28]"),
        ("test_images", np.zeros((4, 28, 28, 3), np.uint8), "expected [n, 28, 28]"),
        ("test_labels", np.zeros((4, 28, 28), np.uint8), "holds [4, 28, 28], expected [4]"),
        ("test_labels", np.array([0, 9, 10, 1], np.uint8), "label 10 at index 2, expected 0 to 9"),
        ("test_labels", np.array([0, -1, 1, 1], np.int16), "label -1 at index 1, expected 0 to 9"),
        (
            "test_labels",
            np.zeros(4, np.float32),
            "holds float32 in 1 dimensions, expected labels of uint8",
        ),
    ],
)
@pytest.mark.parametrize("classes", [None, 10])
def test_own_data_of_another_format_is_refused(
    part: str, array: np.ndarray, said: str, classes: int | None, own: Arrays, tmp_path: Path
) -> None:
    own["train_labels"][:] = [0, 1, 2, 3, 4, 9]
    write(tmp_path, own | {part: array})
    assert said in complaint(lambda: read_own(tmp_path, classes))


def test_more_classes_than_there_may_be(own: Arrays, tmp_path: Path) -> None:
    labels = np.array([0, 1, 2, 3, 4, 65_534], np.int32)
    write(tmp_path, own | {"train_labels": labels})
    read_own(tmp_path, None)
    write(tmp_path, own | {"train_labels": labels + 1})
    assert "label 65535 at index 5, expected 0 to 65534" in complaint(
        lambda: read_own(tmp_path, None)
    )
