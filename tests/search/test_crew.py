"""A crew: which studies it goes on with, and how it waits and stops."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from threading import Barrier
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from fmnist_bench.config import compose as compose_module
from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.job import Outcome
from fmnist_bench.jobs.process import Processes
from fmnist_bench.paths import conf_dir
from fmnist_bench.records.environment import CORES_VARIABLE, cores
from fmnist_bench.records.record import Record, write_record
from fmnist_bench.records.spec import Spec
from fmnist_bench.search import crew as crew_module
from fmnist_bench.search import tuning as tuning_module
from fmnist_bench.search.crew import Crew, Stopped
from fmnist_bench.search.study import open_study
from fmnist_bench.search.tuning import Tuning

MakeTuning = Callable[..., Tuning]
MakeStudy = Callable[..., Path]
RecordOf = Callable[..., Record]


@pytest.mark.parametrize(
    ("file", "goes_on"), [("model/mlp.yaml", False), ("augment/flip.yaml", False), ("new", True)]
)
def test_editing_conf_under_a_study_stops_it_only_where_it_matters(
    make_tuning: MakeTuning,
    make_study: MakeStudy,
    record_of: RecordOf,
    tune: Callable[..., optuna.Study],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    goes_on: bool,
) -> None:
    conf = tmp_path / "conf"
    shutil.copytree(conf_dir(), conf)
    for module in (compose_module, tuning_module):
        monkeypatch.setattr(module, "conf_dir", lambda: conf)

    def edit(spec: Spec) -> Record:
        path = conf / ("bench/mine.yaml" if goes_on else file)
        before = path.read_text() if path.exists() else "experiments: [mlp]\n"
        path.write_text(before.replace("dropout: 0.0", "dropout: 0.1").replace("p: 0.5", "p: 0.4"))
        return record_of(spec, 0.5)

    tuning = make_tuning()
    folder = make_study(tuning, digest=tuning.digest())
    if goes_on:
        tune(folder, tuning, edit, trials=2)
    else:
        with pytest.raises(BenchError, match="conf/ was edited"):
            tune(folder, tuning, edit, trials=2)
    trials = open_study(folder).trials
    assert [trial.state for trial in trials] == [TrialState.COMPLETE] * (2 if goes_on else 1)


def test_workers_train_different_trials_and_share_the_cores(
    make_tuning: MakeTuning,
    make_study: MakeStudy,
    record_of: RecordOf,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(CORES_VARIABLE, "7")
    both = Barrier(2, timeout=60)
    begun, shares = count(), []

    def train(crew: Crew, spec: Spec) -> Record:
        if next(begun) < 2:
            both.wait()  # for the run of another trial
        shares.append(cores())
        return record_of(spec, 0.5)

    monkeypatch.setattr(Crew, "_train", train)
    tuning = make_tuning(parameters={"optimizer.lr": {"low": 1e-4, "high": 0.1}})
    folder = make_study(tuning)
    study = open_study(folder)
    Crew(tuning, folder, 2, print).work(study, 5)
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE] * 5
    assert len({trial.params["optimizer.lr"] for trial in study.trials}) == 5
    assert shares == [3] * 5


@pytest.fixture
def crew(make_tuning: MakeTuning, tmp_path: Path) -> Crew:
    crew = Crew(make_tuning(), tmp_path, 1, print)
    return crew


def test_a_run_that_another_process_ends_is_waited_for_and_trained_once(
    crew: Crew, make_spec: Callable[..., Spec], record_of: RecordOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = make_spec()
    answers: Iterator[Any] = iter(["busy", "busy", "done before"])

    def answer(spec: Spec, processes: Processes, module: str) -> Outcome:
        assert module == "fmnist_bench.search.judged_run"
        if (state := next(answers)) == "done before":
            write_record(spec.folder, record_of(spec, 0.5))
        return Outcome(spec, state, "")

    monkeypatch.setattr(crew_module, "run_job", answer)
    monkeypatch.setattr(crew_module, "_BUSY_SECONDS", 0)
    for name in ("weights.safetensors", "resume.ckpt"):
        (spec.folder / name).touch()
    for _ in range(2):  # the second time from the record: there is no further answer
        record = crew._train(spec)
        assert record.validation is not None
        assert record.validation.accuracy == 0.5
    assert sorted(path.name for path in spec.folder.iterdir()) == ["record.json", "spec.json"]


def test_a_run_that_was_told_to_stop_leaves_its_trial_unfinished(
    crew: Crew, make_spec: Callable[..., Spec], monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = make_spec()
    monkeypatch.setattr(crew_module, "run_job", lambda *given: Outcome(spec, "interrupted", ""))
    (spec.folder / "resume.ckpt").touch()
    with pytest.raises(Stopped):
        crew._train(spec)
    assert (spec.folder / "resume.ckpt").exists()


def test_a_second_interrupt_does_not_wait(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    statuses: list[int] = []
    monkeypatch.setattr(os, "_exit", statuses.append)
    crew._end(signal.SIGINT, None)
    assert statuses == []
    crew._end(signal.SIGINT, None)
    assert statuses == [130]
