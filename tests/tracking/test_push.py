"""`fmnist-bench wandb push` rebuilds W&B runs from records alone."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import wandb

from fmnist_bench.cli import main
from fmnist_bench.records.record import Record, read_record, write_record
from fmnist_bench.records.spec import Spec
from tests.tracking.following import Listener, finish, shown
from tests.tracking.wandb_file import fragments

MakeSpec = Callable[..., Spec]
pytestmark = pytest.mark.filterwarnings("ignore")


OFFLINE = ("--mode", "offline")


def push(spec: Spec, *words: str) -> int:
    """Push the run as a process of its own does: with a new client, which writes all it has."""
    wandb.teardown()
    status = main(["wandb", "push", str(spec.folder.parent), *words])
    wandb.teardown()
    return status


@pytest.fixture
def trained(hard: MakeSpec) -> tuple[Spec, Record]:
    spec = hard("logger=none")
    return spec, finish(spec)


def test_a_pushed_run_is_what_a_live_one_would_be(
    trained: tuple[Spec, Record], hard: MakeSpec, tmp_path: Path
) -> None:
    spec, record = trained
    assert push(spec, *OFFLINE) == 0
    (pushed,) = fragments(spec.folder)
    live_spec = hard("logger=wandb", f"paths.outputs={tmp_path / 'live'}")
    finish(live_spec)
    (live,) = fragments(live_spec.folder)
    for one in (pushed, live):
        del one.config["machine"]["load"]
    assert pushed.config == live.config
    assert (pushed.run.run_id, pushed.run.run_group) == (live.run.run_id, live.run.run_group)
    assert (pushed.run.job_type, pushed.exit_code) == (live.run.job_type, 0)
    assert record.history is not None
    assert len(pushed.history) == len(record.history)
    for row, epoch in zip(pushed.history, record.history, strict=True):
        assert {name: row[name] for name in shown(epoch)} == shown(epoch)
    assert pushed.summary["record_digest"] == record.sealed().digest
    tables = [
        [path.read_text() for path in sorted(one.path.parent.glob("files/media/table/*.json"))]
        for one in (pushed, live)
    ]
    assert tables[0] == tables[1]
    assert len(tables[0]) == 2


def test_a_second_push_changes_nothing_and_again_does_it_again(
    trained: tuple[Spec, Record], capsys: pytest.CaptureFixture[str]
) -> None:
    spec, folder = trained[0], trained[0].folder
    assert push(spec, *OFFLINE) == 0
    (first,) = fragments(folder)
    content = first.path.read_bytes()
    assert push(spec, *OFFLINE) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "0 of 1 runs pushed"
    assert fragments(folder)[-1].path.read_bytes() == content
    # The client names its folders by the second, so the newest is looked at alone.
    for more, project in ((["--project", "another"], "another"), (["--again"], "fmnist-bench")):
        assert push(spec, *OFFLINE, *more) == 0
        assert fragments(folder)[-1].run.project == project
    assert capsys.readouterr().out.splitlines()[-1] == "1 of 1 runs pushed"


def test_a_failed_run_is_left_out(
    trained: tuple[Spec, Record], capsys: pytest.CaptureFixture[str]
) -> None:
    spec, record = trained
    failed = record.model_copy(update={"status": "failed", "reason": "error", "error": "bad luck"})
    write_record(spec.folder, failed)
    assert push(spec, *OFFLINE) == 0
    assert "left out" in capsys.readouterr().out
    assert fragments(spec.folder) == []


def test_a_run_whose_data_is_not_here_is_pushed_without_pictures(
    trained: tuple[Spec, Record],
) -> None:
    spec, record = trained
    (spec.folder / "spec.json").unlink()
    assert push(spec, *OFFLINE) == 0
    (pushed,) = fragments(spec.folder)
    assert record.test is not None
    assert pushed.summary["test_accuracy"] == record.test.accuracy
    (table,) = pushed.path.parent.glob("files/media/table/hardest*.json")
    rows = json.loads(table.read_text())["data"]
    assert rows
    assert {row[0] for row in rows} == {None}


def test_the_group_is_the_sweep_of_the_record(trained: tuple[Spec, Record]) -> None:
    spec, record = trained
    write_record(spec.folder, record.model_copy(update={"sweep": "rates"}))
    assert push(spec, *OFFLINE) == 0
    assert fragments(spec.folder)[0].run.run_group == "rates"


def test_wandb_mode_is_the_default(
    trained: tuple[Spec, Record],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    spec, _ = trained
    monkeypatch.setenv("WANDB_MODE", "disabled")
    assert push(spec) == 2
    assert "WANDB_MODE=disabled" in capsys.readouterr().err
    assert not (spec.folder / "wandb").exists()
    monkeypatch.setenv("WANDB_MODE", "offline")
    assert push(spec) == 0
    assert len(fragments(spec.folder)) == 1


@pytest.mark.parametrize("kind", ["closed", "black hole"])
def test_an_unreachable_server_is_one_line_and_the_run_not_pushed(
    trained: tuple[Spec, Record],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    black_hole: Listener,
    kind: str,
) -> None:
    if kind == "closed":
        black_hole.close()
    monkeypatch.setenv("WANDB_BASE_URL", f"http://{black_hole.address}")
    monkeypatch.setenv("WANDB_API_KEY", "0123456789" * 4)
    spec, record = trained
    assert push(spec, "--seconds", "1") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert black_hole.address in line
    assert "not pushed" in line
    assert not (spec.folder / "wandb" / "pushed.json").exists()
    assert read_record(spec.folder) == record.sealed()


def test_a_folder_without_runs_is_refused(tmp_path: Path) -> None:
    assert main(["wandb", "push", str(tmp_path)]) == 2
    assert main(["wandb", "push", str(tmp_path / "missing")]) == 2
