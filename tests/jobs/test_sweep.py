"""Sweeps through the real command line: each job in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fmnist_bench.cli import main
from fmnist_bench.jobs.job import record_failure
from fmnist_bench.jobs.launchers.one_by_one import OneByOne
from fmnist_bench.jobs.plan import plan
from fmnist_bench.jobs.prepare import prepare
from fmnist_bench.jobs.sweep import Sweep
from fmnist_bench.records.outcome import failed_record
from fmnist_bench.records.record import read_record, write_record
from fmnist_bench.records.spec import Spec

TIMEOUT = 240


def bench(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "fmnist_bench", *arguments],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
        env={**os.environ, "COLUMNS": "200"},
    )


def folders(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "outputs" / "runs").iterdir())


def test_a_sweep_trains_each_combination_once_and_failures_stay_where_they_happen(
    small_overrides: list[str], tmp_path: Path
) -> None:
    sweep = ["train", "-m", *small_overrides, "model=linear", "epochs=1", "schedule=constant"]
    sweep += ["optimizer=sgd", "data.scaling=raw", "seed=0,1", "optimizer.lr=1e-6,1e35"]
    first = bench(*sweep)
    assert first.returncode == 1, first.stdout + first.stderr
    assert "0 of 4 done, 4 to run" in first.stdout
    assert "2 trained, 2 failed" in first.stdout or "2 failed, 2 trained" in first.stdout
    records = [read_record(folder) for folder in folders(tmp_path)]
    assert sorted((record.seed, record.status, record.reason) for record in records) == [
        (seed, status, reason)
        for seed in (0, 1)
        for status, reason in (("done", None), ("failed", "diverged"))
    ]
    for folder, record in zip(folders(tmp_path), records, strict=True):
        assert record.status == "done" or "loss is" in (folder / "run.log").read_text()

    written = [folder.joinpath("record.json").stat().st_mtime_ns for folder in folders(tmp_path)]
    second = bench(*sweep)
    assert second.returncode == 1
    assert "2 of 4 done\n" in second.stdout
    assert "2 failed before" in second.stdout
    assert written == [
        folder.joinpath("record.json").stat().st_mtime_ns for folder in folders(tmp_path)
    ]
    third = bench(*sweep, "--retry-failed")
    assert "2 of 4 done, 2 to run" in third.stdout


def test_a_job_beyond_its_time_limit_is_recorded_as_such(
    small_overrides: list[str], tmp_path: Path
) -> None:
    answer = bench("train", *small_overrides, "epochs=100000", "time_limit_seconds=0.1")
    assert answer.returncode == 1, answer.stderr
    (folder,) = folders(tmp_path)
    record = read_record(folder)
    assert record.reason == "time limit"
    assert "time_limit_seconds=0.1" in (record.error or "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["model=nosuch"], "nosuch"),
        (["optimizer.lrr=1"], "lrr"),
        (["seed=x"], "'x'"),
        (["seed=1,1", "-m"], "listed twice"),
        (["row.name=a/b"], "row.name: 'a/b'"),
        (["data.folder=/nowhere/at/all"], "/nowhere/at/all"),
    ],
)
def test_wrong_input_is_one_line_and_status_2(
    small_overrides: list[str], tmp_path: Path, arguments: list[str], said: str
) -> None:
    answer = bench("train", *small_overrides, *arguments)
    assert answer.returncode == 2, answer.stdout
    lines = answer.stderr.strip().splitlines()
    assert len(lines) == 1, answer.stderr
    assert said in lines[0]
    assert not (tmp_path / "outputs" / "runs").exists()


def test_a_dry_run_trains_nothing_and_says_how_long_the_rest_takes(
    small_overrides: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", "-m", *small_overrides, "seed=0,1", "--dry-run"]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert out.count("missing  mlp-") == 2
    assert "2 missing; 2 to run, and no earlier run says how long they take" in out
    assert not (tmp_path / "outputs").exists()
    one = make_spec_of(words, 0)
    record = failed_record(one, started=datetime.now(UTC), reason="error", error="x")
    took = {"started": record.ended - timedelta(seconds=30), "epochs": 3}
    done = {"status": "done", "reason": None, "error": None}
    one.write()
    write_record(one.folder, record.model_copy(update=took | done))
    assert main([*words, "epochs=6"]) == 0  # 30 s for 3 epochs: 60 s for 6, twice
    assert "2 missing; 2 to run, about 2:00 one after another" in capsys.readouterr().out
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "done     mlp-" in out
    assert "1 to run, about 0:30" in out


def make_spec_of(words: list[str], place: int) -> Spec:
    planned = plan(words[1:-1])
    assert planned is not None
    return prepare(planned.configs[place], lambda line: None, planned.asked[place])


def test_a_sweep_that_fails_fast_starts_nothing_after_a_failure(
    make_spec: Callable[..., Spec],
) -> None:
    specs = [make_spec(f"seed={seed}") for seed in range(3)]
    started: list[int] = []

    class Failing(OneByOne):
        def launch(self, specs: Any, progress: Any, processes: Any) -> Any:
            for spec in specs:
                started.append(spec.config["seed"])
                now = datetime.now(UTC)
                yield record_failure(spec, now, "error", "bad luck")

    said: list[str] = []
    sweep = Sweep(said.append, retry_failed=True, launcher=Failing(), fail_fast=True)
    sweep.run(specs)
    assert started == [0]
    assert not sweep.ok
    assert said[-1].endswith("1 failed, 2 not run")
    sweep = Sweep(said.append, retry_failed=True, launcher=Failing())
    sweep.run(specs)
    assert started == [0, 0, 1, 2]


def test_a_configs_difference_is_shown_for_every_job(capsys: pytest.CaptureFixture[str]) -> None:
    pairs = "zip=[{model:mlp,optimizer.lr:0.1},{model:linear,optimizer.lr:0.01}]"
    assert main(["train", "-m", "--cfg", "job", pairs, "seed=1,2", "trainer=cpu"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "[0] model=mlp optimizer.lr=0.1 seed=1",
        "[1] model=mlp optimizer.lr=0.1 seed=2",
        "[2] model=linear optimizer.lr=0.01 seed=1",
        "[3] model=linear optimizer.lr=0.01 seed=2",
    ]
