"""The table of a folder of runs, against records written for the test."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pytest
from filelock import FileLock

from fmnist_bench.cli import main
from fmnist_bench.config.compose import compose
from fmnist_bench.jobs.answer import Answer, keys_that_differ
from fmnist_bench.jobs.listed import list_runs
from fmnist_bench.jobs.prepare import prepare
from fmnist_bench.records.outcome import failed_record
from fmnist_bench.records.record import Score, write_record
from fmnist_bench.records.spec import Asked, Spec

Write = Callable[..., Spec]


@pytest.fixture
def write(small_overrides: list[str]) -> Write:
    """Write a run as a sweep of these overrides leaves it, with accuracies or unfinished."""

    def make(*words: str, validation: float | None = None, test: float = 0.5) -> Spec:
        overrides = (*small_overrides, *words)
        choices = {"model": next((w[6:] for w in words if w.startswith("model=")), "mlp")}
        spec = prepare(compose(overrides), lambda line: None, Asked(overrides, choices))
        spec.write()
        if validation is not None:
            record = failed_record(spec, started=datetime.now(UTC), reason="error", error="")
            scores = {
                "validation": Score(accuracy=validation, loss=1),
                "test": Score(accuracy=test, loss=1),
            }
            done: dict[str, Any] = {"status": "done", "reason": None, "error": None, "epochs": 3}
            write_record(spec.folder, record.model_copy(update=done | scores))
        return spec

    return make


@pytest.fixture
def grid(write: Write, tmp_path: Path) -> Path:
    """Two learning rates by three seeds; what is best in validation is worst in test."""
    for place, rate in enumerate(("0.1", "0.01")):
        for seed in range(3):
            accuracy = 0.8 + 0.1 * place + 0.01 * seed
            write(f"optimizer.lr={rate}", f"seed={seed}", validation=accuracy, test=1 - accuracy)
    return tmp_path / "outputs"


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["runs", *words]) == 0
    return capsys.readouterr().out


def test_only_what_differs_is_shown_and_the_best_validation_stands_first(
    grid: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = said(capsys, str(grid)).splitlines()
    assert lines[0].split() == [
        "state",
        "run",
        "validation",
        "optimizer.lr",
        "seed",
        "epochs",
        "time",
    ]
    assert [line.split()[2:5] for line in lines[1:]] == [
        [f"{0.8 + 0.1 * (rate == '0.01') + 0.01 * seed:.4f}", rate, str(seed)]
        for rate in ("0.01", "0.1")
        for seed in (2, 1, 0)
    ]


def test_the_test_accuracy_takes_intent(grid: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["--csv"], ["--json"], ["--group", "seed"], ["--csv", "--group", "seed"]):
        assert "test" not in said(capsys, str(grid), *words)
    assert "test" in said(capsys, str(grid), "--test").splitlines()[0]
    assert main(["runs", str(grid), "--sort", "test"]) == 2
    capsys.readouterr()
    first = said(capsys, str(grid), "--sort", "test", "--test").splitlines()[1]
    assert "0.2000" in first


def test_a_group_has_the_mean_and_the_spread_over_its_seeds(
    grid: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = said(capsys, str(grid), "--group", "seed").splitlines()
    values = [0.9, 0.91, 0.92]
    assert f"{mean(values):.4f} ± {stdev(values):.4f}" in lines[1]
    assert lines[1].startswith("3 done  seed=0,1,2")
    found = list(csv.DictReader(io.StringIO(said(capsys, str(grid), "--csv", "--group", "seed"))))
    assert [float(line["validation"]) for line in found] == pytest.approx([0.91, 0.81])
    assert [float(line["validation std"]) for line in found] == pytest.approx([0.01, 0.01])


def test_filters_and_formats(grid: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = json.loads(said(capsys, str(grid), "--json", "--filter", "optimizer.lr=1e-1"))
    assert [line["seed"] for line in kept] == [2, 1, 0]
    assert "optimizer.lr" not in kept[0]  # it does not differ any more
    both = ["--filter", "seed=1", "--filter", "state=done"]
    assert len(json.loads(said(capsys, str(grid), "--json", *both))) == 2
    by_seed = json.loads(said(capsys, str(grid), "--json", "--sort", "seed"))
    assert [line["seed"] for line in by_seed] == [0, 0, 1, 1, 2, 2]


def test_the_best_is_pasted_behind_train(grid: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = said(capsys, str(grid), "--best", "2").splitlines()
    assert "optimizer.lr=0.01 seed=2" in first
    assert "optimizer.lr=0.01 seed=1" in second
    assert "paths.outputs" not in first
    (recipe,) = said(capsys, str(grid), "--best", "1", "--group", "seed").splitlines()
    assert "optimizer.lr=0.01" in recipe
    assert "seed" not in recipe


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--filter", "optimizer.lrr=1"], "--filter optimizer.lrr: no run has this key; did you"),
        (["--filter", "lr=1"], "did you mean optimizer.lr?"),
        (["--filter", "seed"], "expected key=value"),
        (["--sort", "sede"], "did you mean seed?"),
        (["--group", "nosuch"], "--group nosuch"),
    ],
)
def test_a_wrong_question_is_one_line(
    grid: Path, words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["runs", str(grid), *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line


def test_a_folder_without_runs_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        assert main(["runs", str(folder)]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1


def test_failed_running_and_interrupted_runs_are_there(write: Write, tmp_path: Path) -> None:
    write("seed=0", validation=0.9)
    write("seed=1")
    running, failed = write("seed=2"), write("seed=3")
    record = failed_record(
        failed, started=datetime.now(UTC), reason="diverged", error="loss is nan"
    )
    write_record(failed.folder, record)
    broken = write("seed=4")
    (broken.folder / "record.json").write_text("{")
    with FileLock(running.folder / ".lock"):
        runs = {run.values["seed"]: run for run in list_runs(tmp_path / "outputs")}
    states = {seed: run.state for seed, run in runs.items()}
    assert states == {0: "done", 1: "interrupted", 2: "running", 3: "failed", 4: "failed"}
    assert runs[3].note == "diverged: loss is nan"
    assert "record.json" in (runs[4].note or "")


def test_runs_are_told_apart_by_what_was_typed_then_by_anything(
    write: Write, tmp_path: Path
) -> None:
    write("model=mlp", "optimizer.lr=0.1", validation=0.5)
    write("model=linear", "optimizer.lr=0.1", validation=0.6)
    runs = list_runs(tmp_path / "outputs")
    # A model differs in its class, its widths and its dropout; its name says it all.
    assert keys_that_differ(runs) == ["model"]
    for folder in (run.folder for run in runs):  # as published: without its spec
        (folder / "spec.json").unlink()
    assert keys_that_differ(list_runs(tmp_path / "outputs")) == ["row"]
    assert Answer.of(list_runs(tmp_path / "outputs")).lines[0]["row"] == "linear"


def test_deleting_asks_first_and_leaves_the_count_of_test_reads(
    grid: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [run.folder for run in list_runs(grid) if run.values["seed"] == 1]
    (folders[0] / "test_reads").write_text("1\n")
    words = ["runs", str(grid), "--delete", "--filter", "seed=1"]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    assert main(words) == 1
    assert "delete 2 runs? [y/N]" in capsys.readouterr().out
    assert len(list_runs(grid)) == 6
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert main(words) == 0
    assert len(list_runs(grid)) == 4
    assert [path.name for path in folders[0].iterdir()] == ["test_reads"]


@pytest.mark.parametrize("kind", ["published", "running"])
def test_what_is_published_or_running_is_not_deleted(
    grid: Path, kind: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "published":
        monkeypatch.setattr("fmnist_bench.jobs.listed.ROOTS", (Path("outputs"), grid))
        assert main(["runs", str(grid), "--delete"]) == 2
    else:
        (run,) = Answer.of(list_runs(grid)).kept(["seed=1", "optimizer.lr=0.1"]).runs[0]
        (run.folder / "record.json").unlink()
        with FileLock(run.folder / ".lock"):
            assert main(["runs", str(grid), "--delete"]) == 2
    assert kind in capsys.readouterr().err
    assert len(list_runs(grid)) == 6
