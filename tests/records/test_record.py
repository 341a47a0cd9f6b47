import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from fmnist_bench.errors import BenchError
from fmnist_bench.records.outcome import failed_record
from fmnist_bench.records.predictions import (
    Predictions,
    from_log_probabilities,
    read_predictions,
    write_predictions,
)
from fmnist_bench.records.record import Record, read_record, write_record
from fmnist_bench.records.spec import Spec


@pytest.fixture
def record(make_spec: Callable[..., Spec]) -> Record:
    return failed_record(
        make_spec(), started=datetime(2026, 1, 2, 3, tzinfo=UTC), reason="error", error="it broke"
    )


def test_a_record_is_read_as_it_was_written(record: Record, tmp_path: Path) -> None:
    write_record(tmp_path, record)
    assert read_record(tmp_path) == record.sealed()


def test_a_record_carries_no_path(record: Record, tmp_path: Path) -> None:
    write_record(tmp_path, record)
    assert str(tmp_path.parent) not in (tmp_path / "record.json").read_text()


@pytest.mark.parametrize(
    ("key", "value"), [("seed", 7), ("error", "nothing"), ("status", "done"), ("epochs", 3)]
)
def test_an_edited_record_is_refused(
    record: Record, tmp_path: Path, key: str, value: object
) -> None:
    write_record(tmp_path, record)
    path = tmp_path / "record.json"
    content = json.loads(path.read_text())
    content[key] = value
    path.write_text(json.dumps(content))
    with pytest.raises(BenchError, match=r"record\.json: edited after it was written"):
        read_record(tmp_path)


def test_a_record_whose_recipe_is_another_runs_is_refused(record: Record, tmp_path: Path) -> None:
    assert record.recipe is not None
    other = record.model_copy(update={"recipe": {**record.recipe, "test_time_flip": True}})
    write_record(tmp_path, other)
    with pytest.raises(BenchError, match="identity does not fit"):
        read_record(tmp_path)


def test_a_half_written_record_is_refused(record: Record, tmp_path: Path) -> None:
    write_record(tmp_path, record)
    path = tmp_path / "record.json"
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(BenchError, match="not readable as JSON"):
        read_record(tmp_path)


@pytest.mark.parametrize(
    "content", ['{"schema_version": NaN}', '{"schema_version": "\\ud800"}', "[" * 100_000]
)
def test_json_that_no_record_holds_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "record.json").write_text(content)
    with pytest.raises(BenchError, match="not readable as JSON"):
        read_record(tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            '{"schema_version": 99, "from": "the future"}',
            "version 99, and this version reads 2; upgrade",
        ),
        ("[]", "no schema_version"),
        ("{}", "no schema_version"),
    ],
)
def test_what_is_no_record_of_ours_is_refused(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "record.json").write_text(content)
    with pytest.raises(BenchError, match=said):
        read_record(tmp_path)


def test_a_full_disk_leaves_no_half_record(
    record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(BenchError, match=r"record\.json: cannot be written \(No space left"):
        write_record(tmp_path / "run", record)
    assert list((tmp_path / "run").iterdir()) == []


def predictions(count: int = 10_000) -> Predictions:
    random = np.random.default_rng(0)
    return Predictions(
        random.integers(0, 10, count, dtype=np.uint8), random.random(count).astype(np.float16)
    )


def test_predictions_are_read_as_they_were_written(tmp_path: Path) -> None:
    written = predictions()
    write_predictions(tmp_path, written)
    found = read_predictions(tmp_path, 10_000)
    assert np.array_equal(found.classes, written.classes)
    assert np.array_equal(found.confidence, written.confidence)
    assert found.digest == written.digest


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (predictions(9_999), r"uint8\[9999\], expected uint8\[10000\]"),
        (Predictions(predictions().classes + 10, predictions().confidence), "expected 0 to 9"),
        (Predictions(predictions().classes, predictions().confidence * 2), "outside"),
        (Predictions(predictions().classes.astype("i8"), predictions().confidence), "int64"),
    ],
)
def test_wrong_predictions_are_refused(tmp_path: Path, bad: Predictions, said: str) -> None:
    write_predictions(tmp_path, bad)
    with pytest.raises(BenchError, match=said):
        read_predictions(tmp_path, 10_000)


def test_a_cut_or_missing_predictions_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="missing"):
        read_predictions(tmp_path, 10_000)
    write_predictions(tmp_path, predictions())
    path = tmp_path / "predictions.npz"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(BenchError, match="not a predictions file"):
        read_predictions(tmp_path, 10_000)


def softmax_of_nets(images: int, classes: int) -> NDArray[np.float64]:
    """Log-probabilities (images, classes) as a net of 90 % accuracy gives them."""
    random = np.random.default_rng(0)
    scores = random.normal(0, 1.5, (images, classes))
    scores[np.arange(images), np.arange(images) % classes] += random.normal(7, 3, images)
    return np.asarray(scores - np.log(np.exp(scores).sum(axis=1, keepdims=True)))


@pytest.mark.parametrize(("images", "classes"), [(10_000, 10), (1000, 47), (100, 300)])
def test_all_probabilities_survive_being_stored(tmp_path: Path, images: int, classes: int) -> None:
    exact = softmax_of_nets(images, classes)
    predictions = from_log_probabilities(exact)
    write_predictions(tmp_path, predictions)
    found = read_predictions(tmp_path, images, classes)
    assert found.digest == predictions.digest
    assert np.array_equal(found.classes, exact.argmax(axis=1))
    assert found.probabilities is not None
    assert np.allclose(found.probabilities.sum(axis=1), 1)
    labels = np.arange(images) % classes
    stated, kept = exact[np.arange(images), labels], found.probabilities[np.arange(images), labels]
    assert abs(np.log(kept).mean() - stated.mean()) < (0.001 if images == 10_000 else 0.02)
    if classes == 10:
        assert (tmp_path / "predictions.npz").stat().st_size <= 61_440


def test_a_tie_has_one_predicted_class_and_labels_are_sealed(tmp_path: Path) -> None:
    tied = from_log_probabilities(np.log(np.full((4, 10), 0.1)))
    assert tied.classes.tolist() == [0, 0, 0, 0]
    labelled = replace(tied, labels=np.array([0, 1, 2, 3]))
    assert labelled.digest != tied.digest
    write_predictions(tmp_path, labelled)
    found = read_predictions(tmp_path, 4)
    assert found.labels is not None and found.labels.tolist() == [0, 1, 2, 3]
    first = (tmp_path / "predictions.npz").read_bytes()
    write_predictions(tmp_path, labelled)
    assert (tmp_path / "predictions.npz").read_bytes() == first
