"""Lightning's own loggers beside the suite's trackers, by config alone."""

import csv
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from fmnist_bench.records.spec import Spec
from tests.tracking.following import Interrupted, finish, run_until

MakeSpec = Callable[..., Spec]
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def csv_logger(tmp_path: Path) -> list[str]:
    """Overrides for Lightning's CSVLogger beside metrics.csv."""
    return [
        "+logger.lightning._target_=pytorch_lightning.loggers.CSVLogger",
        f"+logger.lightning.save_dir={tmp_path / 'lightning'}",
        "+trainer.log_every_n_steps=1",
    ]


def rows(path: Path, name: str) -> dict[int, float]:
    with path.open(newline="") as file:
        return {int(row["epoch"]): float(row[name]) for row in csv.DictReader(file) if row[name]}


def test_its_file_holds_the_metrics_of_the_run(
    hard: MakeSpec, csv_logger: list[str], tmp_path: Path
) -> None:
    spec = hard(*csv_logger)
    record = finish(spec)
    assert record.history is not None
    folder = tmp_path / "lightning" / "lightning_logs" / "version_0"
    for name, field in (("val/loss", "validation_loss"), ("train/accuracy", "train_accuracy")):
        found = rows(folder / "metrics.csv", name)
        expected = {epoch.epoch: getattr(epoch, field) for epoch in record.history}
        assert found == pytest.approx(expected, rel=1e-6)
    written = yaml.safe_load((folder / "hparams.yaml").read_text())
    assert written["optimizer"]["lr"] == 0.0002
    assert rows(spec.folder / "metrics.csv", "val/loss") == rows(folder / "metrics.csv", "val/loss")


def test_a_run_that_goes_on_leaves_every_epoch_somewhere(
    hard: MakeSpec, csv_logger: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spec = hard(*csv_logger, "epochs=4")
    run_until(spec, monkeypatch, 2, Interrupted())
    record = finish(spec)
    assert record.history is not None
    folder = tmp_path / "lightning" / "lightning_logs"
    first, second = (rows(folder / f"version_{n}" / "metrics.csv", "val/loss") for n in (0, 1))
    assert (list(first), list(second)) == ([0, 1], [2, 3])
    expected = {epoch.epoch: epoch.validation_loss for epoch in record.history}
    assert first | second == pytest.approx(expected, rel=1e-6)


def test_a_wrong_one_is_refused_before_anything_trains(
    small_overrides: list[str], tmp_path: Path
) -> None:
    words = [*small_overrides, "+logger.other._target_=collections.OrderedDict", "seed=0,1", "-m"]
    answer = subprocess.run(
        [sys.executable, "-m", "fmnist_bench", "train", *words],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert answer.returncode == 2
    (line,) = [line for line in answer.stderr.splitlines() if "logger" in line]
    assert "logger.other: OrderedDict is neither a Lightning Logger nor a Tracker" in line
    assert not list((tmp_path / "outputs").glob("runs/*"))
