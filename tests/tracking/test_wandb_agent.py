"""The real `wandb sweep` and `wandb agent` drive the suite against a server on loopback."""

import os
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml

from fmnist_bench.paths import conf_dir
from fmnist_bench.records.record import Record, read_record
from tests.tracking.following import shown
from tests.tracking.wandb_server.server import WandbServer

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
KEY = "0a1b2c3d4e" * 4
TRIALS = [{"optimizer.lr": 0.001, "epochs": 2}, {"optimizer.lr": 0.003, "epochs": 2}]


class Desk:
    """Where someone types W&B's commands, in an empty folder, with this environment's programs."""

    def __init__(self, server: WandbServer, folder: Path) -> None:
        programs = sysconfig.get_path("scripts")
        self.folder = folder
        self._environment = {
            **os.environ,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "WANDB_BASE_URL": server.url,
            "WANDB_API_KEY": KEY,
        }
        self._wandb = Path(programs) / "wandb"

    def __call__(self, *words: str) -> str:
        answer = subprocess.run(
            [self._wandb, *words],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        said = answer.stdout + answer.stderr
        assert answer.returncode == 0, said
        return said

    def sweep_file(self, overrides: list[str]) -> str:
        """Write the ready sweep with `overrides` in the place of its model."""
        sweep = yaml.safe_load((conf_dir() / "wandb_sweep.yaml").read_text())
        at = sweep["command"].index("model=cnn")
        sweep["command"][at : at + 1] = overrides
        path = self.folder / "sweep.yaml"
        path.write_text(yaml.safe_dump(sweep))
        return str(path)


def records(folder: Path) -> dict[str, Record]:
    """Return the records below `folder` by the name of their run."""
    return {path.parent.name: read_record(path.parent) for path in folder.rglob("record.json")}


def names(value: Any) -> list[str]:
    """Return every key in `value`, however deep."""
    if not isinstance(value, dict):
        return []
    return [*value, *(name for inner in value.values() for name in names(inner))]


def test_an_agent_trains_the_trials_that_the_server_draws(
    small_overrides: list[str], tmp_path: Path
) -> None:
    with WandbServer(KEY) as server:
        desk = Desk(server, tmp_path)
        said = desk("sweep", desk.sweep_file(small_overrides))
        (sweep,) = server.state.sweeps.values()
        path = f"{sweep.entity}/fmnist-bench/{sweep.name}"
        assert f"wandb agent {path}" in said
        sweep.trials += TRIALS
        said += desk("agent", path)  # until the server says that it is over

    assert {"trial000": True} in sweep.heartbeats
    assert list(sweep.handed_out) == ["trial000", "trial001"]
    assert sorted(server.runs) == ["trial000", "trial001"]
    found = records(tmp_path / "outputs")
    assert len(found) == 2
    for trial, wanted in zip(server.runs.values(), TRIALS, strict=True):
        record = found[trial.told["displayName"]]
        assert (trial.told["sweep"], trial.exit_code) == (sweep.name, 0)
        assert (trial.told["groupName"], trial.told["jobType"]) == ("cnn", "tune")
        assert record.recipe is not None
        assert record.history is not None
        assert record.recipe["model"]["optimizer"]["lr"] == wanted["optimizer.lr"]
        # W&B's own charts look for a parameter under its name in the sweep.
        assert trial.config["optimizer.lr"] == wanted["optimizer.lr"]
        assert record.validation is not None
        assert trial.summary["validation_accuracy"] == record.validation.accuracy
        assert trial.summary["record_digest"] == record.digest
        assert [row["_step"] for row in trial.history] == [0, 1]
        for row, epoch in zip(trial.history, record.history, strict=True):
            assert {name: row[name] for name in shown(epoch)} == shown(epoch)
        _check_nothing_of_the_test_set(trial.summary, *trial.history)
        assert record.test is None
        assert {name for each in trial.artifacts for name in each.files} == {"record.json"}

    assert KEY not in said
    for request in server.requests:
        assert KEY.encode() not in request.body
    files = [each for each in tmp_path.rglob("*") if each.is_file()]
    assert not [each for each in files if KEY.encode() in each.read_bytes()]


def _check_nothing_of_the_test_set(*said: dict[str, Any]) -> None:
    for each in said:
        assert not [name for name in names(each) if "test" in name or "confusion" in name]


def test_a_trial_that_diverges_fails_in_the_sweep_and_the_next_one_trains(
    small_overrides: list[str], tmp_path: Path
) -> None:
    wild = ["optimizer=sgd", "schedule=constant", "data.scaling=raw"]
    with WandbServer(KEY) as server:
        desk = Desk(server, tmp_path)
        desk("sweep", desk.sweep_file([*small_overrides, *wild]))
        (sweep,) = server.state.sweeps.values()
        calm = {"optimizer.lr": 1e-6, "optimizer.weight_decay": 0.0, "epochs": 2}
        sweep.trials += [calm | {"optimizer.lr": 1e30}, calm]
        desk("agent", f"{sweep.entity}/fmnist-bench/{sweep.name}", "--count", "2")
    failed, done = server.runs.values()
    assert (failed.exit_code, done.exit_code) == (1, 0)
    assert failed.summary["status"] == "failed"
    assert "validation_accuracy" not in failed.summary
    assert done.summary["validation_accuracy"] > 0


def test_a_trial_that_the_server_stops_ends_as_interrupted(
    small_overrides: list[str], tmp_path: Path
) -> None:
    with WandbServer(KEY) as server:
        desk = Desk(server, tmp_path)
        desk("sweep", desk.sweep_file(small_overrides))
        (sweep,) = server.state.sweeps.values()
        sweep.trials.append({"epochs": 100_000})
        sweep.stopped.add("trial000")
        desk("agent", f"{sweep.entity}/fmnist-bench/{sweep.name}", "--count", "1")
        (trial,) = server.runs.values()
        # The agent does not wait for the tracker's process, which ends after the run's.
        server.wait_for(lambda: trial.exit_code is not None, 60)
    assert trial.exit_code == 255
    assert trial.summary["status"] == "failed"
    assert records(tmp_path / "outputs") == {}  # the same command continues it


def test_a_trial_that_is_drawn_twice_is_shown_twice(
    small_overrides: list[str], tmp_path: Path
) -> None:
    with WandbServer(KEY) as server:
        desk = Desk(server, tmp_path)
        desk("sweep", desk.sweep_file(small_overrides))
        (sweep,) = server.state.sweeps.values()
        sweep.trials += TRIALS[:1] * 2
        desk("agent", f"{sweep.entity}/fmnist-bench/{sweep.name}", "--count", "2")
    first, second = server.runs.values()
    assert first.summary["validation_accuracy"] == second.summary["validation_accuracy"]
