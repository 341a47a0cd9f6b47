import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fmnist_bench.errors import BenchError
from fmnist_bench.records.identity import sha256_of
from fmnist_bench.records.outcome import failed_record
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


def test_a_finished_record_is_read_as_it_was_written(record: Record, tmp_path: Path) -> None:
    """With every field filled, none with what a failed run has there."""
    nothing = {key for key, value in record.model_dump().items() if value is None}
    epoch = {"epoch": 0, "seconds": 1.5, "metrics": {"val/f1": 0.25}, "learning_rate": 1e-3}
    losses = dict.fromkeys(("train_loss", "validation_loss"), 2.30258509299)
    rates = dict.fromkeys(("train_accuracy", "validation_accuracy"), 1 / 3)
    counts = dict.fromkeys(("epochs", "parameters", "macs", "training_macs"), 7)
    seconds = dict.fromkeys(("train_seconds", "timed_seconds", "images_per_second"), 0.1)
    content = record.model_dump() | counts | seconds
    content |= {
        "status": "done",
        "reason": "pruned",
        "error": "é \u2028 \U0001f45f",
        "history": [epoch | losses | rates],
        "validation": {"accuracy": 0.9, "loss": 0.25},
        "test": {"accuracy": 2 / 3, "loss": 1e-30, "metrics": {"ece": 0.01}},
        "selection": {"weights": "best", "epoch": 4},
        "prediction": {"test_time_flip": True, "members": 5, "temperature": 1.25},
        "alone": False,
        "peak_memory_bytes": 2**40,
        "weights_digest": "a" * 64,
        "predictions_digest": "b" * 64,
        "parent": "c" * 64,
        "pretraining": "ImageNet",
        "sweep": "study",
        "machine": MACHINE,
        "data": content["data"]
        | {"split_digest": "d" * 64, "train_images": 55_000}
        | {
            "pixel_scaling": [(1 / 255, -0.81)],
            "class_names": ["a", "b"],
            "image_shape": [3, 8, 9],
        },
    }
    assert {key for key in nothing if content[key] is None} == set()
    finished = Record.model_validate(content)
    write_record(tmp_path, finished)
    assert read_record(tmp_path) == finished.sealed()
    assert read_record(tmp_path).precision == "32-true"


DATA = {
    **{"split_digest": "d" * 64, "train_images": 55_000, "class_names": ["a", "b"]},
    **{"image_shape": [3, 8, 9], "pixel_scaling": [(1 / 255, -0.81)]},
}
MACHINE = {
    **{"accelerator": "cpu", "strategy": "ddp", "nodes": 1, "processes": 2, "device": "Xeon"},
    **{"cpu": "Xeon", "cores": 2, "memory_bytes": 1, "system": "Linux", "threads": 1},
    **{"channels_last": True, "compile": "max-autotune", "deterministic": "warn"},
    **{"fast_layers": ["conv1"], "load": 0.5},
}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("seed", 7), ("error", "nothing"), ("status", "done"), ("epochs", 3)),
        *(("recipe", None), ("versions", {}), ("test_reads", 1), ("new", 1), ("digest", "0" * 64)),
    ],
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
    other = record.model_copy(update={"recipe": {**record.recipe, "seed": 99}})
    write_record(tmp_path, other)
    with pytest.raises(BenchError, match="identity does not fit its recipe"):
        read_record(tmp_path)
    data = record.data.model_copy(update={"digest": "e" * 64})
    write_record(tmp_path, record.model_copy(update={"data": data}))
    with pytest.raises(BenchError, match="identity does not fit its recipe"):
        read_record(tmp_path)
    write_record(tmp_path, record.model_copy(update={"recipe_digest": "e" * 64}))
    with pytest.raises(BenchError, match="recipe_digest does not fit its recipe"):
        read_record(tmp_path)


def test_predictions_made_elsewhere_have_no_recipe(record: Record, tmp_path: Path) -> None:
    nothing = {"recipe": None, "recipe_digest": None, "machine": None, "code": None}
    write_record(tmp_path, record.model_copy(update=nothing))
    assert read_record(tmp_path).precision is None


def test_what_no_record_has_or_may_hold_is_refused(record: Record, tmp_path: Path) -> None:
    for key, value, said in (
        ("colour", "red", "colour: Extra inputs are not permitted"),
        ("epochs", "three", "epochs: Input should be a valid integer"),
        ("status", "lost", "status: Input should be 'done' or 'failed'"),
        ("row", {"name": "x"}, r"row\.classifier: Field required"),
    ):
        content = record.model_dump(mode="json", exclude={"digest"}) | {key: value}
        sealed = content | {"digest": sha256_of(content)}
        (tmp_path / "record.json").write_text(json.dumps(sealed))
        with pytest.raises(BenchError, match=rf"record\.json: {said}"):
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
        ('{"schema_version": 99, "from": "the future"}', "99, and this version reads 2; upgrade"),
        ('{"schema_version": 1, "from": "the past"}', "1, and this version reads 2; run it again"),
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
