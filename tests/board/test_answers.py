from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fmnist_bench.board.answers import read_answers
from fmnist_bench.board.dataset import published
from fmnist_bench.data.labels import test_labels as labels_of
from fmnist_bench.errors import BenchError
from fmnist_bench.records.predictions import from_log_probabilities, write_predictions

DATASET = published()["fashion_mnist"]
LABELS = labels_of("fashion_mnist")


def probabilities() -> NDArray[np.float64]:
    """Right on every image but each seventh."""
    told = np.where(np.arange(10_000) % 7, LABELS, (LABELS + 1) % 10)
    return np.where(np.arange(10) == told[:, None], 0.91, 0.01)


def write(path: Path, table: Any, header: str = "") -> Path:
    if path.suffix == ".csv":
        kinds = "%d" if np.asarray(table).dtype.kind in "iu" else "%.6f"
        np.savetxt(path, table, fmt=kinds, delimiter=",", header=header, comments="")
    elif path.suffix == ".npy":
        np.save(path, table)
    else:
        np.savez(path, anything=table)
    return path


@pytest.mark.parametrize("suffix", ["npz", "npy", "csv"])
def test_probabilities_and_classes_are_read_from_any_kind(tmp_path: Path, suffix: str) -> None:
    expected = probabilities()
    path = tmp_path / f"a.{suffix}"
    found = read_answers(write(path, expected), DATASET)
    assert found.probabilities == pytest.approx(expected, abs=1e-6)
    assert np.array_equal(found.classes, expected.argmax(axis=1))
    for kind in (np.int64, np.float32, np.uint8):
        alone = read_answers(write(path, expected.argmax(axis=1).astype(kind)), DATASET)
        assert alone.probabilities is None and np.array_equal(alone.classes, found.classes)


def test_a_csv_may_have_a_header_an_index_and_names(tmp_path: Path) -> None:
    classes = probabilities().argmax(axis=1)
    path = tmp_path / "a.csv"
    order = np.random.default_rng(0).permutation(10_000)
    lines = [f"{image},{DATASET.class_names[classes[image]]}" for image in order]
    path.write_text("\n".join(["id,label", *lines]) + "\n")
    assert np.array_equal(read_answers(path, DATASET).classes, classes)


def test_a_runs_own_predictions_will_do(tmp_path: Path) -> None:
    stored = from_log_probabilities(np.log(probabilities()))
    write_predictions(tmp_path, stored)
    found = read_answers(tmp_path / "predictions.npz", DATASET)
    assert np.array_equal(found.classes, stored.classes)
    assert found.probabilities == pytest.approx(stored.probabilities)


def spoilt(name: str) -> Any:
    good = probabilities()
    classes = good.argmax(axis=1)
    if name == "short":
        return classes[1:]
    if name == "shuffled":
        return np.random.default_rng(0).permutation(classes)
    if name == "from one":
        return classes + 1
    if name == "half":
        return np.where(np.arange(10_000) == 17, 0.5, classes)
    if name == "text":
        return np.array(["coat"] * 10_000)
    if name == "nine":
        return good[:, :9]
    if name == "cube":
        return good[:, :, None]
    good[17] = {"nan": np.nan, "scores": 3.0, "negative": -0.1}[name]
    return good


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("short", "9999 predictions; the Fashion-MNIST test set has 10000 images"),
        ("shuffled", r"which is chance: not in the order of the published test images"),
        ("from one", r"image \d+ is of class 10; expected whole numbers 0 to 9"),
        ("half", r"image 17 is of class 0.5; expected whole numbers"),
        ("text", r"<U4 of shape \(10000,\); expected whole numbers"),
        ("nine", "9 probabilities an image, expected 10"),
        ("cube", r"shape \(10000, 10, 1\)"),
        ("nan", "image 17 has NaN or an infinity"),
        ("scores", "image 17: 10 numbers from 3 that add up to 30; expected probabilities"),
        ("negative", "image 17: 10 numbers from -0.1"),
    ],
)
def test_what_cannot_be_scored_is_one_line(tmp_path: Path, name: str, said: str) -> None:
    path = write(tmp_path / "a.npz", spoilt(name))
    with pytest.raises(BenchError, match=said) as caught:
        read_answers(path, DATASET)
    assert str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value)


def test_labels_of_another_test_set_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, predictions=LABELS, labels=LABELS)
    assert np.array_equal(read_answers(path, DATASET).classes, LABELS)
    np.savez(path, predictions=LABELS, labels=LABELS[::-1])
    with pytest.raises(BenchError, match=r"its labels are not those of the Fashion-MNIST test set"):
        read_answers(path, DATASET)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "no cells a line"),
        ("a.csv", b"1,2,3\n", "3 cells a line; expected a class or 10 probabilities"),
        ("a.csv", b"1\nx\n", "image 1: 'x' is no number or class"),
        ("a.csv", b"5,1\n6,1\n", "its first column is no index from 0"),
        ("a.csv", b"\xff\xfe", "not readable as CSV"),
        ("a.npz", b"PK", "not readable as NumPy's"),
        ("a.npy", b"", "not readable as NumPy's"),
        ("a.txt", b"", "expected a file that ends in .npz, .npy or .csv"),
        ("none.npz", None, "not readable as NumPy's"),
        ("none.csv", None, "not readable as CSV"),
    ],
)
def test_a_file_of_another_kind_is_one_line(
    tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BenchError, match=said):
        read_answers(path, DATASET)


def test_a_net_that_always_says_one_class_is_no_mistake_of_order(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", np.zeros(10_000, np.int64))
    assert not read_answers(path, DATASET).classes.any()
