"""`fmnist-bench tune` as a user runs it: workers and runs in processes of their own."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import psutil
import pytest
from optuna.trial import TrialState

from fmnist_bench.commands.tune import main
from fmnist_bench.errors import BenchError
from fmnist_bench.paths import conf_dir
from fmnist_bench.records.record import Record, read_record
from fmnist_bench.search import crew as crew_module
from fmnist_bench.search import experiment as experiment_module
from fmnist_bench.search.study import open_study

ENTRY = """
import sys
from fmnist_bench.commands.tune import main
try:
    sys.exit(main(sys.argv[1:]))
except KeyboardInterrupt:
    sys.exit(130)
"""
TIMEOUT = 300


@pytest.fixture
def words(small_overrides: list[str], tmp_path: Path) -> list[str]:
    return ["search=cnn", *small_overrides, "--study", str(tmp_path / "mine")]


def records(tmp_path: Path) -> list[Record]:
    folders = (tmp_path / "mine" / "runs").iterdir()
    return [read_record(folder) for folder in sorted(folders) if (folder / "record.json").exists()]


def test_two_trials_end_in_a_recipe_and_an_experiment_file(
    words: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    conf = tmp_path / "conf"
    shutil.copytree(conf_dir(), conf)
    monkeypatch.setattr(experiment_module, "conf_dir", lambda: conf)
    assert main([*words, "--trials", "2", "--write-experiment", "found"]) == 0
    said = capsys.readouterr().out
    assert "0 of 2 trials" in said
    assert "[1/2] trial 0:" in said
    assert "[2/2] trial 1:" in said
    assert "2 of 2 trials: 2 complete" in said
    assert "recipe: " in said
    assert "optimizer.lr=" in said
    assert "2 trials x 1 seed, 6 epochs" in said
    assert (conf / "experiment" / "found.yaml").is_file()
    trained = records(tmp_path)
    assert [(record.status, record.test, record.test_reads) for record in trained] == [
        ("done", None, 0)
    ] * 2
    values = {record.validation.accuracy for record in trained if record.validation}
    study = open_study(tmp_path / "mine")
    assert {trial.value for trial in study.trials} == values

    # The same command again has nothing to train.
    assert main([*words, "--trials", "2"]) == 0
    assert "2 of 2 trials: 2 complete" in capsys.readouterr().out
    assert records(tmp_path) == trained


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name one search space"),
        (["search=cnn", "search=timm"], "name one search space"),
        (["search=nosuch"], r"no conf/search/nosuch\.yaml; choose from cnn"),
        (["search=../cnn"], r"no conf/search/\.\./cnn\.yaml"),
        (["search=cnn", "optimizer.lr=0.1"], "optimizer.lr: given as an override and searched"),
        (["search=cnn", "seed=3"], "seed: tuning uses protocol=tune and seeds from 1000"),
        (["search=cnn", "protocol=final"], "protocol: tuning uses protocol=tune"),
        (["search=cnn", "protocol.test=null"], "protocol.test: tuning uses protocol=tune"),
        (["search=cnn", "batch_size=32,64"], "batch_size: many values"),
        (["search=cnn", "epochs"], "epochs"),
        (["search=cnn", "search.trial=3"], r"cnn\.yaml: .*search\.trial"),
        (["search=cnn", "epoch=3"], "epoch"),
        (["search=cnn", "row.seeds=1001"], "row.seeds=1001: seeds from 1000 are for tuning"),
        (["search=cnn", "data.folder=/nowhere/at/all"], "/nowhere/at/all"),
        (["search=cnn", "--write-experiment", "vgg"], r"vgg\.yaml: exists already"),
    ],
)
def test_wrong_input_is_one_line_before_anything_is_trained(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BenchError, match=said) as refused:
        main([*arguments, "trainer=cpu"])
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "outputs").exists()


def test_a_study_with_other_overrides_is_refused(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fmnist_bench.search.study.refuse_unfit", lambda *given, here: None)
    monkeypatch.setattr(crew_module.Crew, "work", lambda *given: None)
    assert main(words) == 1
    with pytest.raises(BenchError, match=r"study\.journal: a study of another .*epochs=3"):
        main([*words, "epochs=4"])


@pytest.mark.parametrize("count", ["0", "-1", "many", "1.5"])
@pytest.mark.parametrize("option", ["--trials", "--workers"])
def test_counts_are_whole_numbers_from_one(option: str, count: str) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["search=cnn", f"{option}={count}"])
    assert refused.value.code == 2


@pytest.fixture
def start() -> "Iterator[Callable[[list[str]], subprocess.Popen[str]]]":
    """Start `tune` in a process; whatever is left of it is ended after the test."""
    started: list[subprocess.Popen[str]] = []

    def start_one(words: list[str]) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-u", "-c", ENTRY, *words],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        started.append(process)
        return process

    yield start_one
    for process in started:
        process.kill()
        process.communicate()


def read_until(process: "subprocess.Popen[str]", text: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return
    pytest.fail(f"it ended without saying {text!r}")


@pytest.mark.slow
def test_a_study_that_is_killed_and_stopped_continues_and_loses_no_trial(
    words: list[str], tmp_path: Path, start: "Callable[[list[str]], subprocess.Popen[str]]"
) -> None:
    command = [*words, "epochs=60", "--trials", "5", "--workers", "2"]
    for blow in (signal.SIGKILL, signal.SIGINT):
        process = start(command)
        read_until(process, "/5] trial")
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(blow)
        said, _ = process.communicate(timeout=TIMEOUT)
        if blow == signal.SIGINT:
            assert process.returncode == 130
            assert "interrupted" in said
        # Nothing of it runs on unseen.
        _, alive = psutil.wait_procs(family, timeout=60)
        assert not alive
    ended = start(command)
    said, _ = ended.communicate(timeout=TIMEOUT)
    assert ended.returncode == 0, said
    assert "5 of 5 trials: " in said
    study = open_study(tmp_path / "mine")
    states = [trial.state for trial in study.trials]
    assert len(states) == 5
    assert set(states) <= {TrialState.COMPLETE, TrialState.PRUNED}
    assert len(records(tmp_path)) == 5


@pytest.mark.slow
def test_two_workers_train_different_trials_at_the_same_time(
    words: list[str], tmp_path: Path, start: "Callable[[list[str]], subprocess.Popen[str]]"
) -> None:
    process = start([*words, "--trials", "6", "--workers", "2"])
    said, _ = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, said
    assert "6 of 6 trials: " in said
    study = open_study(tmp_path / "mine")
    runs = [run for trial in study.trials for run in trial.user_attrs["runs"]]
    assert len(runs) == len(set(runs)) == len(records(tmp_path)) == 6
    assert len({str(trial.params) for trial in study.trials}) == 6
    spans = sorted((record.started, record.ended) for record in records(tmp_path))
    assert any(later[0] < earlier[1] for earlier, later in pairwise(spans))
