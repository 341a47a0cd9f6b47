"""Online W&B runs: what a server holds after the real client has been there."""

import base64
import hashlib
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import wandb

from fmnist_bench.cli import main
from fmnist_bench.records.record import Record, read_record
from fmnist_bench.records.spec import Spec
from fmnist_bench.tracking.sweep_agent import show_drawn_again
from tests.tracking.following import (
    Interrupted,
    Listener,
    finish,
    go_on,
    kill_after_epochs,
    run_until,
    shown,
)
from tests.tracking.wandb_server.server import WandbServer
from tests.tracking.wandb_server.state import Run

MakeSpec = Callable[..., Spec]
pytestmark = pytest.mark.filterwarnings("ignore")

KEY = "0a1b2c3d4e" * 4
IMPATIENT = "logger.wandb.upload_seconds=1"
ONLINE = ("logger=wandb", "logger.wandb.mode=online", "logger.wandb.upload_seconds=60")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WandbServer]:
    wandb.teardown()  # the client keeps the settings that it first saw
    with WandbServer(KEY) as server:
        monkeypatch.setenv("WANDB_BASE_URL", server.url)
        monkeypatch.setenv("WANDB_API_KEY", KEY)
        # So that pytest undoes what the suite sets.
        monkeypatch.setenv("WANDB_SILENT", "true")
        monkeypatch.setenv("WANDB_ERROR_REPORTING", "false")
        yield server
        wandb.teardown()


def only(server: WandbServer) -> Run:
    (run,) = server.runs.values()
    return run


def check_history(run: Run, record: Record) -> None:
    """Each epoch is there once, in order, with the record's figures."""
    assert record.history is not None
    assert [row["_step"] for row in run.history] == [epoch.epoch for epoch in record.history]
    for row, epoch in zip(run.history, record.history, strict=True):
        assert {name: row[name] for name in shown(epoch)} == shown(epoch)


def check_finished(run: Run, spec: Spec, record: Record) -> None:
    """The server holds what the record says, and the files as they are on disk."""
    assert run.name == spec.identity
    assert run.exit_code == 0
    check_history(run, record)
    assert record.machine is not None
    assert record.machine.model_dump().items() <= run.config["machine"].items()
    assert run.config["row"] == record.row.model_dump()
    assert run.config["optimizer"]["lr"] == 0.0002
    assert record.test is not None
    assert run.summary["test_accuracy"] == record.test.accuracy
    assert run.summary["status"] == "done"
    assert "error" not in run.summary
    assert run.summary["record_digest"] == read_record(spec.folder).digest
    tables = [name for name in run.files if name.startswith("media/table/")]
    assert len(tables) == 2
    _check_artifacts(run, spec.folder)


def _check_artifacts(run: Run, folder: Path) -> None:
    assert {artifact.state for artifact in run.artifacts} == {"COMMITTED"}
    found = {artifact.collection.rpartition("-")[2]: artifact for artifact in run.artifacts}
    assert sorted(found) == ["confusion_matrix_table", "hardest_images", "predictions", "weights"]
    assert len(run.artifacts) == 4
    for kind, names in {
        "weights": ["weights.safetensors"],
        "predictions": ["predictions.npz", "record.json"],
    }.items():
        content = json.loads(found[kind].manifest)["contents"]
        assert sorted(content) == sorted(found[kind].files) == names
        for name in names:
            stored = found[kind].files[name]
            assert stored == (folder / name).read_bytes()
            digest = base64.b64encode(hashlib.md5(stored, usedforsecurity=False).digest())
            assert content[name]["digest"] == digest.decode()


def check_secrecy(server: WandbServer, folder: Path) -> None:
    """The key went where it belongs, to the server's own addresses, and nowhere else."""
    secrets = (KEY.encode(), base64.b64encode(f"api:{KEY}".encode()))
    for request in server.requests:
        said = request.body + request.path.encode()
        for name, value in request.headers.items():
            if name != "authorization" or request.path.startswith("/storage/"):
                said += value.encode()
        assert not [secret for secret in secrets if secret in said], request.path
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    for path in files:
        content = path.read_bytes()
        assert not [secret for secret in secrets if secret in content], path


def push(spec: Spec, *words: str) -> int:
    return main(["wandb", "push", str(spec.folder.parent), *words])


def test_a_live_run_is_on_the_server_and_the_key_nowhere_else(
    hard: MakeSpec, server: WandbServer, tmp_path: Path
) -> None:
    spec = hard(*ONLINE, "logger.wandb.tags=[one,two]")
    record = finish(spec)
    run = only(server)
    check_finished(run, spec, record)
    assert (run.entity, run.project) == ("someone", "fmnist-bench")
    assert (run.told["groupName"], run.told["jobType"]) == ("mlp", "train")
    assert (run.told["displayName"], run.told["tags"]) == (spec.name, ["one", "two"])
    check_secrecy(server, tmp_path)


@pytest.mark.slow
def test_however_often_a_run_is_pushed_the_server_has_it_once(
    hard: MakeSpec, server: WandbServer, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    spec = hard("logger=none")
    record = finish(spec)
    assert push(spec) == 0
    run = only(server)
    check_finished(run, spec, record)
    files, artifacts = dict(run.files), list(server.state.artifacts)

    asked = len(server.requests)
    assert push(spec) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "0 of 1 runs pushed"
    assert {request.method for request in server.requests[asked:]} <= {"GET"}

    assert push(spec, "--again") == 0
    (spec.folder / "wandb" / "pushed.json").unlink()
    assert push(spec) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 of 1 runs pushed"
    run = only(server)
    check_finished(run, spec, record)
    assert server.state.artifacts == artifacts
    assert run.files.keys() == files.keys()
    media = [name for name in files if name.startswith("media/")]
    assert [run.files[name] for name in media] == [files[name] for name in media]
    check_secrecy(server, tmp_path)


@pytest.mark.slow
def test_a_push_after_a_live_run_adds_nothing(hard: MakeSpec, server: WandbServer) -> None:
    spec = hard(*ONLINE)
    record = finish(spec)
    assert push(spec) == 0
    check_finished(only(server), spec, record)
    assert len(server.state.artifacts) == 4


@pytest.mark.slow
def test_a_push_completes_what_a_live_run_left_undone(
    hard: MakeSpec, server: WandbServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = hard(*ONLINE, "epochs=4")
    run_until(spec, monkeypatch, 2, Interrupted())
    assert only(server).exit_code == 255
    record = finish(hard("logger=none", "epochs=4"))
    assert len(only(server).history) == 2
    assert push(spec) == 0
    check_finished(only(server), spec, record)


def test_a_failed_run_ends_with_exit_code_1_and_goes_on_as_the_same(
    hard: MakeSpec, server: WandbServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = hard(*ONLINE, "epochs=4")
    run_until(spec, monkeypatch, 2, RuntimeError("bad luck"))
    run = only(server)
    assert run.exit_code == 1
    assert (run.summary["status"], run.summary["error"]) == ("failed", "bad luck")
    assert len(run.history) == 2
    record = finish(spec)
    check_finished(only(server), spec, record)


@pytest.mark.slow
@pytest.mark.parametrize("sent", ["0", "3"])
def test_the_server_is_believed_about_what_it_has(
    hard: MakeSpec, server: WandbServer, monkeypatch: pytest.MonkeyPatch, sent: str
) -> None:
    """The client can be killed after the run told it of an epoch and before it was uploaded."""
    spec = hard(*ONLINE, "epochs=4")
    run_until(spec, monkeypatch, 2, Interrupted())
    (spec.folder / "wandb" / "epochs_sent").write_text(sent)
    record = finish(spec)
    check_finished(only(server), spec, record)


def test_a_run_that_was_not_tracked_before_is_shown_whole(
    hard: MakeSpec, server: WandbServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_until(hard("logger=none", "epochs=4"), monkeypatch, 2, Interrupted())
    spec = hard(*ONLINE, "epochs=4")
    record = finish(spec)
    check_finished(only(server), spec, record)


@pytest.mark.slow
def test_a_killed_run_is_one_run_with_each_epoch_once(
    make_spec: MakeSpec, server: WandbServer
) -> None:
    spec = make_spec(*ONLINE, "epochs=150")
    kill_after_epochs(spec, 20)
    # The tracker's process sees that the run is gone, and says so before it ends.
    server.wait_for(lambda: [each.exit_code for each in server.runs.values()] == [255], 60)
    assert 0 < len(only(server).history) < 150
    assert go_on(spec) == 0
    check_history(only(server), read_record(spec.folder))
    assert only(server).exit_code == 0


@pytest.mark.slow
def test_two_trainings_of_one_run_are_not_mixed(
    hard: MakeSpec,
    server: WandbServer,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    first = hard(*ONLINE)
    record = finish(first)
    second = hard(*ONLINE, f"paths.outputs={tmp_path / 'elsewhere'}")
    assert second.identity == first.identity
    assert finish(second).status == "done"
    (warning,) = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert "another training of this run" in warning
    check_finished(only(server), first, record)

    assert push(second) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "another training of this run" in line
    check_finished(only(server), first, record)
    assert push(second, "--project", "another") == 0
    runs = {run.project: run for run in server.state.runs.values()}
    check_finished(runs["another"], second, read_record(second.folder))


def test_a_trial_that_was_trained_before_is_shown_in_the_sweep(
    hard: MakeSpec, server: WandbServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = hard(*ONLINE, "protocol=tune")
    record = finish(spec)
    show_drawn_again([spec])
    assert list(server.runs) == [spec.identity]  # there is no agent
    monkeypatch.setenv("WANDB_SWEEP_ID", "sweep001")
    monkeypatch.setenv("WANDB_RUN_ID", "trial007")
    show_drawn_again([])
    show_drawn_again([hard("logger=none", "protocol=tune")])
    assert list(server.runs) == [spec.identity]
    show_drawn_again([spec])
    trial = server.runs["trial007"]
    assert (trial.told["sweep"], trial.exit_code) == ("sweep001", 0)
    assert record.validation is not None
    assert trial.summary["validation_accuracy"] == record.validation.accuracy
    check_history(trial, record)
    assert not (spec.folder / "wandb" / "pushed.json").exists()


def test_a_sweep_that_cannot_be_told_is_a_warning(
    hard: MakeSpec,
    black_hole: Listener,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    spec = hard("logger=none")
    finish(spec)
    monkeypatch.setenv("WANDB_SWEEP_ID", "sweep001")
    monkeypatch.setenv("WANDB_RUN_ID", "trial007")
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    monkeypatch.setenv("WANDB_BASE_URL", f"http://{black_hole.address}")
    wandb.teardown()
    show_drawn_again([hard("logger=wandb", "logger.wandb.mode=online", IMPATIENT)])
    wandb.teardown()
    (warning,) = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert warning.startswith("logger=wandb does not show the run in the sweep: ")


def test_a_wrong_key_is_one_line(
    hard: MakeSpec,
    server: WandbServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "1" * 40)
    spec = hard("logger=none")
    finish(spec)
    assert push(spec) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "401" in line
    assert "1" * 40 not in line
    assert server.runs == {}


def test_the_server_of_these_tests_fails_on_what_it_does_not_know() -> None:
    header = {"Authorization": "Basic " + base64.b64encode(f"api:{KEY}".encode()).decode()}
    body = json.dumps({"query": "query NeverHeardOf { it }"}).encode()
    with pytest.raises(AssertionError, match="NeverHeardOf"), WandbServer(KEY) as server:
        request = urllib.request.Request(f"{server.url}/graphql", body, header)
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(request, timeout=10)
