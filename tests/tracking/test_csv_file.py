"""metrics.csv holds each epoch once, however often the run was interrupted."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from fmnist_bench.records.record import Record
from fmnist_bench.records.spec import Spec
from fmnist_bench.tracking.about import About
from fmnist_bench.tracking.csv_file import CsvTracker
from tests.tracking.following import Interrupted, finish, run_until, shown

MakeSpec = Callable[..., Spec]
pytestmark = pytest.mark.filterwarnings("ignore")


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def check(folder: Path, record: Record) -> None:
    found = rows(folder)
    assert record.history is not None
    assert len(found) == len(record.history)
    for row, epoch in zip(found, record.history, strict=True):
        expected = shown(epoch)
        assert {name: float(row[name]) for name in expected} == expected


def test_csv_is_the_default_and_has_the_history_of_the_record(hard: MakeSpec) -> None:
    spec = hard()
    check(spec.folder, finish(spec))
    assert all(float(row["images_per_second"]) > 0 for row in rows(spec.folder))


def test_an_interrupted_run_keeps_its_rows(hard: MakeSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = hard("epochs=5")
    run_until(spec, monkeypatch, 2, Interrupted())
    before = rows(spec.folder)
    assert [row["epoch"] for row in before] == ["0", "1"]
    # As a kill leaves it: with an epoch that the resume point does not have.
    path = spec.folder / "metrics.csv"
    path.write_text(path.read_text() + "2,9.9,0,9.9,0,0.1,1.0,1.0\n")
    record = finish(spec)
    check(spec.folder, record)
    assert rows(spec.folder)[:2] == before


def test_a_run_that_lost_the_file_writes_all_it_knows(
    hard: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = hard("epochs=4")
    run_until(spec, monkeypatch, 2, Interrupted())
    (spec.folder / "metrics.csv").unlink()
    check(spec.folder, finish(spec))
    assert [bool(row["images_per_second"]) for row in rows(spec.folder)] == [
        False,
        False,
        True,
        True,
    ]


def test_a_run_that_starts_anew_keeps_nothing(hard: MakeSpec) -> None:
    spec = hard()
    (spec.folder / "metrics.csv").write_text("epoch,train/loss\n7,1.0\n")
    check(spec.folder, finish(spec))


def test_what_a_model_of_its_own_logs_gets_a_column(tmp_path: Path) -> None:
    tracker = CsvTracker()
    tracker.start(About("identity", "name", tmp_path, "group", "train", {}))
    tracker.epochs([{"epoch": 0, "train/loss": 1.5}])
    tracker.epochs([{"epoch": 1, "train/loss": 1.25, "train/distillation": 0.5}])
    first, second = rows(tmp_path)
    assert (first["train/loss"], first["train/distillation"]) == ("1.5", "")
    assert second["train/distillation"] == "0.5"
