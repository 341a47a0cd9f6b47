"""A store on disk, read back by MLflow's client."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fmnist_bench.records.spec import Spec
from tests.tracking.following import Interrupted, Listener, finish, run_until, shown

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

MakeSpec = Callable[..., Spec]
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with all its tables, which take MLflow seconds to make."""
    from mlflow import MlflowClient

    path = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    MlflowClient(f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture(autouse=True)
def store(empty_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The store where logger=mlflow looks for it."""
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    (tmp_path / "outputs").mkdir()
    return Path(shutil.copy(empty_store, tmp_path / "outputs" / "mlflow.db"))


def only(store: Path) -> "tuple[MlflowClient, Run]":
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{store}")
    experiment = client.get_experiment_by_name("fmnist-bench")
    assert experiment is not None
    (found,) = client.search_runs([experiment.experiment_id])
    return client, found


def test_a_run_shows_what_its_record_says(hard: MakeSpec, store: Path, tmp_path: Path) -> None:
    spec = hard("logger=mlflow")
    (spec.folder / "confusion.png").write_bytes(b"as whoever orders a run may draw it")
    record = finish(spec)
    assert record.history is not None
    client, shown_run = only(store)
    assert (shown_run.info.run_name, shown_run.info.status) == (spec.name, "FINISHED")
    assert shown_run.data.tags["identity"] == spec.identity
    assert shown_run.data.tags["group"] == "mlp"
    assert record.code is not None
    assert shown_run.data.tags["mlflow.source.git.commit"] == record.code.commit
    assert shown_run.data.params["optimizer.lr"] == "0.0002"
    assert shown_run.data.params["seed"] == "0"
    for name in shown(record.history[0]):
        metrics = client.get_metric_history(shown_run.info.run_id, name)
        expected = [(epoch.epoch, shown(epoch)[name]) for epoch in record.history]
        assert [(metric.step, metric.value) for metric in metrics] == expected
    assert record.test is not None
    assert shown_run.data.metrics["final/test_accuracy"] == record.test.accuracy
    assert shown_run.data.metrics["final/parameters"] == 266_610

    (tmp_path / "files").mkdir()
    files = Path(client.download_artifacts(shown_run.info.run_id, "", str(tmp_path / "files")))
    kept = ["confusion.png", "predictions.npz", "record.json", "weights.safetensors"]
    assert sorted(path.name for path in files.iterdir()) == kept
    for name in kept:
        assert (files / name).read_bytes() == (spec.folder / name).read_bytes()
    # Nothing is left in the working directory, where MLflow puts files by default.
    assert not Path("mlruns").exists()


def test_an_interrupted_run_goes_on_in_the_same_mlflow_run(
    hard: MakeSpec, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = hard("logger=mlflow", "epochs=5")
    run_until(spec, monkeypatch, 2, RuntimeError("bad luck"))
    _, failed = only(store)
    assert (failed.info.status, failed.data.tags["error"]) == ("FAILED", "bad luck")
    run_until(spec, monkeypatch, 3, Interrupted())
    assert only(store)[1].info.status == "KILLED"
    record = finish(spec)
    assert record.history is not None
    client, shown_run = only(store)
    assert shown_run.info.status == "FINISHED"
    assert "error" not in shown_run.data.tags
    losses = client.get_metric_history(shown_run.info.run_id, "val/loss")
    assert [(each.step, each.value) for each in losses] == [
        (epoch.epoch, epoch.validation_loss) for epoch in record.history
    ]


def test_a_server_that_never_answers_costs_one_short_wait_and_one_line(
    hard: MakeSpec, caplog: pytest.LogCaptureFixture, black_hole: Listener
) -> None:
    spec = hard(
        "logger=mlflow",
        f"logger.mlflow.tracking_uri=http://{black_hole.address}",
        "logger.mlflow.upload_seconds=1",
    )
    assert finish(spec).status == "done"
    (warning,) = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert warning.startswith("logger=mlflow stopped, the run goes on: ")
