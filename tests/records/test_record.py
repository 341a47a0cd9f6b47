import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from fmnist_bench.errors import BenchError
from fmnist_bench.records.outcome import failed_record
from fmnist_bench.records.predictions import Predictions, read_predictions, write_predictions
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


def test_a_record_whose_config_is_another_runs_is_refused(record: Record, tmp_path: Path) -> None:
    other = record.model_copy(update={"config": {**record.config, "epochs": 99}})
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
        ('{"schema_version": 99, "from": "the future"}', "newer than 1.*upgrade"),
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
    found = read_predictions(tmp_path)
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
        read_predictions(tmp_path)


def test_a_cut_or_missing_predictions_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="missing"):
        read_predictions(tmp_path)
    write_predictions(tmp_path, predictions())
    path = tmp_path / "predictions.npz"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(BenchError, match="not a predictions file"):
        read_predictions(tmp_path)
