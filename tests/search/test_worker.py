"""A worker: which studies it goes on with, and how it waits and stops."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from optuna.trial import TrialState

from fmnist_bench.config import compose as compose_module
from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.job import Outcome
from fmnist_bench.paths import conf_dir
from fmnist_bench.records.record import Record, write_record
from fmnist_bench.records.spec import Spec
from fmnist_bench.search import recipe as recipe_module
from fmnist_bench.search import worker
from fmnist_bench.search.handover import handed_over
from fmnist_bench.search.recipe import Tuning
from fmnist_bench.search.study import open_study

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
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    goes_on: bool,
) -> None:
    conf = tmp_path / "conf"
    shutil.copytree(conf_dir(), conf)
    for module in (compose_module, recipe_module):
        monkeypatch.setattr(module, "conf_dir", lambda: conf)

    def edit(spec: Spec, study: Path, trial: int | None) -> Record:
        path = conf / ("bench/mine.yaml" if goes_on else file)
        before = path.read_text() if path.exists() else "experiments: [mlp]\n"
        path.write_text(before.replace("dropout: 0.0", "dropout: 0.1").replace("p: 0.5", "p: 0.4"))
        return record_of(spec, 0.5)

    monkeypatch.setattr(worker, "train", edit)
    tuning = make_tuning()
    path = make_study(tuning, base_hash=tuning.base_hash())
    job = worker.Job(
        study=str(path),
        folder=str(tuning.folder),
        data_folder=str(tuning.data_folder),
        data_digest=tuning.data_digest,
        trials=2,
    )
    if goes_on:
        assert worker.main(job) == 0
    else:
        with pytest.raises(BenchError, match="conf/ was edited"):
            worker.main(job)
    trials = open_study(path).trials
    assert [trial.state for trial in trials] == [TrialState.COMPLETE] * (2 if goes_on else 1)


def test_a_run_that_another_process_ends_is_waited_for(
    make_spec: Callable[..., Spec],
    record_of: RecordOf,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = make_spec()
    answers: Iterator[str] = iter(["busy", "busy", "done before"])

    def answer(spec: Spec, child: str) -> Outcome:
        assert child == "fmnist_bench.search.child"
        assert handed_over(spec.folder) == (tmp_path / "study.journal", 4)
        write_record(spec.folder, record_of(spec, 0.5))
        return Outcome(spec, next(answers), "")  # type: ignore[arg-type]  # words of State

    monkeypatch.setattr(worker, "run_job", answer)
    monkeypatch.setattr(worker, "_BUSY_SECONDS", 0)
    record = worker.train(spec, tmp_path / "study.journal", 4)
    assert record.validation is not None
    assert next(answers, None) is None
    assert handed_over(spec.folder) is None


def test_a_run_that_was_told_to_stop_leaves_its_trial_unfinished(
    make_spec: Callable[..., Spec], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "run_job", lambda spec, child: Outcome(spec, "interrupted", ""))
    spec = make_spec()
    (spec.folder / "resume.ckpt").touch()
    with pytest.raises(KeyboardInterrupt):
        worker.train(spec, tmp_path / "study.journal", 0)
    assert (spec.folder / "resume.ckpt").exists()
