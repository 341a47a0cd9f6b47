"""Trackers through the command line: several jobs, kills, ranks, the network, secrets."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from fmnist_bench.records.record import read_record
from fmnist_bench.records.spec import Spec
from tests.tracking.following import Listener, go_on, kill_after_epochs
from tests.tracking.wandb_file import fragments, records

pytestmark = pytest.mark.filterwarnings("ignore")
SECRET = "hunter2hunter2hunter2"


def train(overrides: list[str], *words: str, **options: object) -> str:
    """Train on the command line, and return what it said."""
    answer = subprocess.run(
        [sys.executable, "-m", "fmnist_bench", "train", *overrides, *words],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        **options,  # type: ignore[call-overload]
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout + answer.stderr


def folders(tmp_path: Path) -> list[Path]:
    return sorted(path.parent for path in (tmp_path / "outputs").glob("runs/*/record.json"))


@pytest.mark.slow
def test_three_jobs_are_three_runs_in_each_tracker(
    small_overrides: list[str], tmp_path: Path
) -> None:
    from mlflow import MlflowClient

    said = train(small_overrides, "-m", "logger=[wandb,mlflow,tensorboard,csv]", "seed=0,1,2")
    assert "3 trained" in said
    found = folders(tmp_path)
    assert len(found) == 3
    identities = {read_record(folder).identity for folder in found}
    parts = [fragments(folder) for folder in found]
    assert [len(each) for each in parts] == [1, 1, 1]
    assert {each[0].run.run_id for each in parts} == identities
    assert {each[0].run.run_group for each in parts} == {"mlp"}
    client = MlflowClient(f"sqlite:///{tmp_path / 'outputs' / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("fmnist-bench")
    runs = client.search_runs([experiment.experiment_id])
    assert {each.data.tags["identity"] for each in runs} == identities
    assert len(runs) == 3
    for folder in found:
        reader = EventAccumulator(str(folder / "tensorboard"))
        reader.Reload()
        assert len(reader.Scalars("val/loss")) == 3
        assert len(reader.Images("confusion")) == 1
        assert len((folder / "metrics.csv").read_text().splitlines()) == 4


@pytest.mark.slow
def test_offline_nothing_is_sent_anywhere_and_no_secret_is_kept(
    small_overrides: list[str], tmp_path: Path, black_hole: Listener
) -> None:
    """All a process would send goes through the proxies, or to W&B's address: to nobody."""
    repository = tmp_path / "repository"
    remote = f"https://me:{SECRET}@example.org/fmnist.git"
    repository.mkdir()
    for words in (["init", "-q"], ["remote", "add", "origin", remote]):
        subprocess.run(["git", *words], cwd=repository, check=True)
    nowhere = f"http://{black_hole.address}"
    environment = {
        **os.environ,
        **{name: nowhere for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")},
        "no_proxy": "",
        "NO_PROXY": "",
        "WANDB_BASE_URL": nowhere,
        "WANDB_API_KEY": SECRET + "0" * 19,
        "MLFLOW_TRACKING_PASSWORD": SECRET,
        "SOME_TOKEN": SECRET,
    }
    train(small_overrides, "logger=[wandb,mlflow,tensorboard,csv]", env=environment, cwd=repository)
    assert black_hole.connections == []
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size]
    assert len(files) > 20
    holders = [path for path in files if SECRET.encode() in path.read_bytes()]
    assert holders == [repository / ".git" / "config"]


def _ended(folder: Path) -> bool:
    """Whether the W&B run has said how it ended; its file may be half written."""
    paths = folder.glob("wandb/*run-*/run-*.wandb")
    return any(record.HasField("exit") for path in paths for record in records(path))


@pytest.mark.slow
def test_a_killed_run_is_left_crashed_and_goes_on_later(make_spec: Callable[..., Spec]) -> None:
    spec = make_spec("logger=[wandb,csv]", "epochs=150")
    kill_after_epochs(spec, 20)
    deadline = time.monotonic() + 60
    # The tracker's process sees that the run is gone, and says so before it ends.
    while not _ended(spec.folder):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert fragments(spec.folder)[0].exit_code == 255
    assert go_on(spec) == 0
    first, second = fragments(spec.folder)
    assert first.run.run_id == second.run.run_id == spec.identity
    steps = [row["_step"] for part in (first, second) for row in part.history]
    assert steps == list(range(150))


@pytest.mark.slow
def test_two_ranks_are_one_run(small_overrides: list[str], tmp_path: Path) -> None:
    ddp = ("trainer=ddp", "trainer.accelerator=cpu", "trainer.enable_progress_bar=false")
    train(small_overrides, "logger=[wandb,csv]", "epochs=2", *ddp)
    (folder,) = folders(tmp_path)
    (part,) = fragments(folder)
    assert [row["_step"] for row in part.history] == [0, 1]
    assert len((folder / "metrics.csv").read_text().splitlines()) == 3
