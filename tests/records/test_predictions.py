"""What a run said about each test image, and how little of it is lost in the file."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import log_softmax
from sklearn.metrics import log_loss

from fmnist_bench.errors import BenchError
from fmnist_bench.records.predictions import (
    Predictions,
    from_log_probabilities,
    read_predictions,
    write_predictions,
)

FloatArray = NDArray[np.float64]


def scores(
    images: int, classes: int, accuracy: float, sharpness: float
) -> tuple[FloatArray, NDArray[np.int64]]:
    """Log-probabilities as a trained net gives them, and labels of which it gets a share right.

    Most images are easy, and what is likely besides depends on the class, as with clothes.
    """
    random = np.random.default_rng(0)
    labels = random.integers(0, classes, images)
    alike = random.normal(0, 1, (classes, classes))
    logits = alike[labels] + random.normal(0, 1, (images, classes))
    ease = random.gamma(2.0, sharpness, images)
    wrong = random.random(images) > accuracy
    shown = np.where(wrong, (labels + random.integers(1, classes, images)) % classes, labels)
    logits[np.arange(images), shown] += np.where(wrong, ease / 4, ease)
    return log_softmax(logits, axis=1), labels


@pytest.mark.parametrize(
    ("images", "classes", "accuracy", "sharpness"),
    [
        (10_000, 10, 0.93, 6.0),
        (10_000, 10, 0.85, 2.0),
        (10_000, 47, 0.88, 5.0),
        (1_000, 10, 0.9, 5.0),
    ],
)
def test_the_likelihood_of_the_labels_survives_the_file(
    images: int, classes: int, accuracy: float, sharpness: float, tmp_path: Path
) -> None:
    exact, labels = scores(images, classes, accuracy, sharpness)
    written = from_log_probabilities(exact.astype(np.float32))
    write_predictions(tmp_path, written)
    found = read_predictions(tmp_path, images, classes)
    assert found.digest == written.digest
    assert found.probabilities is not None and written.probabilities is not None
    np.testing.assert_array_equal(found.probabilities, written.probabilities)
    np.testing.assert_array_equal(found.classes, exact.argmax(axis=1))
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)
    each = range(classes)
    lost = log_loss(labels, found.probabilities, labels=each) - log_loss(
        labels, np.exp(exact), labels=each
    )
    assert abs(lost) < (1e-3 if classes == 10 else 2e-3)


@pytest.mark.parametrize(("accuracy", "sharpness"), [(0.93, 6.0), (0.85, 2.0)])
def test_ten_thousand_images_take_at_most_60_kb(
    accuracy: float, sharpness: float, tmp_path: Path
) -> None:
    exact, _ = scores(10_000, 10, accuracy, sharpness)
    write_predictions(tmp_path, from_log_probabilities(exact.astype(np.float32)))
    assert (tmp_path / "predictions.npz").stat().st_size <= 60_000


def test_of_equal_probabilities_the_first_is_predicted(tmp_path: Path) -> None:
    ties = np.log(np.array([[0.25, 0.25, 0.25, 0.25], [0.1, 0.4, 0.1, 0.4]]))
    write_predictions(tmp_path, from_log_probabilities(ties))
    found = read_predictions(tmp_path, 2, 4)
    assert found.classes.tolist() == [0, 1]
    assert found.codes is not None and (found.codes == 0).sum(axis=1).tolist() == [1, 1]
    # What is not predicted is at least one step behind.
    np.testing.assert_allclose(found.probabilities, np.exp(ties), rtol=0.11)


def test_a_class_that_is_impossible_stays_so() -> None:
    sure = from_log_probabilities(np.array([[0.0, -np.inf, -200.0]]))
    assert sure.probabilities is not None and sure.codes is not None
    assert sure.codes[0].tolist()[:2] == [0, 255]
    assert sure.probabilities[0, 0] == 1
    assert sure.probabilities[0, 1] == 0
    assert -np.log(sure.probabilities[0, 2]) == pytest.approx(200, rel=0.05)


def test_predicted_classes_beyond_255(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    many = log_softmax(random.normal(0, 3, (50, 300)), axis=1)
    many[0, 299] = 0
    write_predictions(tmp_path, from_log_probabilities(many))
    found = read_predictions(tmp_path, 50, 300)
    assert found.classes.tolist() == many.argmax(axis=1).tolist()
    assert found.classes[0] == 299


@pytest.mark.parametrize("labels", [np.arange(20) % 10, (np.arange(20) % 10).astype(np.uint8)])
def test_labels_are_kept_and_sealed(labels: NDArray[np.integer], tmp_path: Path) -> None:
    plain = from_log_probabilities(scores(20, 10, 0.9, 5.0)[0])
    with_labels = Predictions(plain.classes, plain.confidence, plain.codes, labels)
    write_predictions(tmp_path, with_labels)
    found = read_predictions(tmp_path, 20)
    assert found.labels is not None and found.labels.dtype == labels.dtype
    assert np.array_equal(found.labels, labels)
    assert found.digest == with_labels.digest != plain.digest
    other = labels.copy()
    other[3] += 1
    swapped = Predictions(plain.classes, plain.confidence, plain.codes, other)
    assert swapped.digest != with_labels.digest


def test_the_digest_seals_every_code(tmp_path: Path) -> None:
    plain = from_log_probabilities(scores(20, 10, 0.9, 5.0)[0])
    assert plain.codes is not None
    for image, kind in ((0, 0), (19, 9), (7, 3)):
        codes = plain.codes.copy()
        codes[image, kind] ^= 1
        assert Predictions(plain.classes, plain.confidence, codes).digest != plain.digest


def test_equal_predictions_are_equal_files(tmp_path: Path) -> None:
    exact, _ = scores(100, 10, 0.9, 5.0)
    for name in ("one", "two"):
        write_predictions(tmp_path / name, from_log_probabilities(exact))
    one, two = (tmp_path / name / "predictions.npz" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_codes_in_the_order_of_the_images_are_read(tmp_path: Path) -> None:
    written = from_log_probabilities(scores(30, 10, 0.9, 5.0)[0])
    assert written.codes is not None
    np.savez(tmp_path / "predictions.npz", codes=written.codes.T)
    found = read_predictions(tmp_path, 30)
    assert np.array_equal(found.codes, written.codes)
    assert found.digest == written.digest


def confidences(count: int = 10_000) -> Predictions:
    """Predictions from before there were codes."""
    random = np.random.default_rng(0)
    return Predictions(
        random.integers(0, 10, count, dtype=np.uint8), random.random(count).astype(np.float16)
    )


def test_runs_from_before_there_were_codes_are_read(tmp_path: Path) -> None:
    written = confidences()
    write_predictions(tmp_path, written)
    found = read_predictions(tmp_path, 10_000)
    assert np.array_equal(found.classes, written.classes)
    assert np.array_equal(found.confidence, written.confidence)
    assert found.digest == written.digest
    assert found.probabilities is None


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (confidences(9_999), r"uint8\[9999\], expected uint8\[10000\]"),
        (Predictions(confidences().classes + 10, confidences().confidence), "expected 0 to 9"),
        (Predictions(confidences().classes, confidences().confidence * 2), "outside"),
        (Predictions(confidences().classes.astype("i8"), confidences().confidence), "int64"),
    ],
)
def test_wrong_confidences_are_refused(tmp_path: Path, bad: Predictions, said: str) -> None:
    write_predictions(tmp_path, bad)
    with pytest.raises(BenchError, match=said):
        read_predictions(tmp_path, 10_000)


def test_wrong_codes_are_refused(tmp_path: Path) -> None:
    good = from_log_probabilities(scores(30, 10, 0.9, 5.0)[0])
    assert good.codes is not None
    two_first = good.codes.copy()
    two_first[4, :2] = 0
    none_first = np.maximum(good.codes, 1)
    for codes, said in (
        (good.codes[:29], r"codes is uint8\[29, 10\], expected uint8\[30, 10\]"),
        (good.codes[:, :9], r"codes is uint8\[30, 9\]"),
        (good.codes.astype(np.int16), r"codes is int16\[30, 10\]"),
        (two_first, "without one predicted class"),
        (none_first, "without one predicted class"),
        (np.roll(good.codes, 1, axis=1), "without one predicted class"),
    ):
        classes = good.classes[: len(codes)]
        write_predictions(tmp_path, Predictions(classes, good.confidence, codes))
        with pytest.raises(BenchError, match=said):
            read_predictions(tmp_path, 30)


def test_a_cut_or_missing_predictions_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="missing"):
        read_predictions(tmp_path, 10_000)
    write_predictions(tmp_path, confidences())
    path = tmp_path / "predictions.npz"
    whole = path.read_bytes()
    for content in (whole[:1000], b"", whole[:-20], b"x" + whole[1:40] + whole[60:]):
        path.write_bytes(content)
        with pytest.raises(BenchError, match="not a predictions file"):
            read_predictions(tmp_path, 10_000)


def test_nothing_in_it_is_unpickled(tmp_path: Path) -> None:
    class Call:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "was-here",)

    with (
        zipfile.ZipFile(tmp_path / "predictions.npz", "w") as packed,
        packed.open("codes.npy", "w") as file,
    ):
        np.lib.format.write_array(file, np.array([Call()], dtype=object), allow_pickle=True)
    with pytest.raises(BenchError, match="not a predictions file"):
        read_predictions(tmp_path, 1)
    assert not (tmp_path / "was-here").exists()
