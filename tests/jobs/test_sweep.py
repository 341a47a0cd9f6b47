"""Sweeps through the real command line: each job in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fmnist_bench.records.record import read_record

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
