"""Runs of a study in this process: what pruning stops, and what tuning never opens."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import TrialState

from fmnist_bench.data.facts import FILE_NAMES
from fmnist_bench.errors import BenchError
from fmnist_bench.records.record import Record, read_record
from fmnist_bench.records.spec import Spec
from fmnist_bench.search.handover import hand_over, take_back
from fmnist_bench.search.objective import work_on
from fmnist_bench.search.pruning import Pruned, pruning
from fmnist_bench.search.recipe import Tuning
from fmnist_bench.search.study import live_trial, open_study
from fmnist_bench.search.trials import Claim, claim
from fmnist_bench.search.worker import train as train_in_process
from fmnist_bench.training.run import run

MakeTuning = Callable[..., Tuning]
MakeStudy = Callable[..., Path]
GOOD = {"optimizer.lr": 0.01, "augment": "none"}
HOPELESS = {"optimizer.lr": 1e-6, "augment": "none"}
PRUNERS = [
    {"name": "median", "startup_trials": 2, "warmup_epochs": 2},
    {"name": "asha", "warmup_epochs": 2, "reduction_factor": 2},
]


@pytest.fixture
def tuning(make_tuning: MakeTuning, request: pytest.FixtureRequest) -> Tuning:
    return make_tuning(
        "epochs=8",
        "schedule=constant",
        parameters={
            "optimizer.lr": {"low": 1e-6, "high": 0.1, "log": True},
            "augment": ["none", "flip"],
        },
        first=[GOOD, {**GOOD, "optimizer.lr": 0.02}, HOPELESS],
        pruner=getattr(request, "param", PRUNERS[0]),
    )


def take(path: Path, tuning: Tuning) -> Claim:
    claimed = claim(path, tuning.space, 10)
    assert claimed is not None
    return claimed


@pytest.mark.parametrize("tuning", PRUNERS, indirect=True, ids=["median", "asha"])
def test_a_hopeless_trial_is_stopped_early(tuning: Tuning, make_study: MakeStudy) -> None:
    path = make_study(tuning)
    states = []
    for _ in range(3):
        claimed = take(path, tuning)
        spec = tuning.spec(claimed.params, 1000)
        spec.write()
        hand_over(spec.folder, path, claimed.number)
        try:
            assert run(spec, pruning(spec.folder)) is not None
            states.append(TrialState.COMPLETE)
            open_study(path).tell(claimed.number, 0.9)
        except Pruned as pruned:
            assert "pruned after epoch 2: validation accuracy" in str(pruned)
            states.append(TrialState.PRUNED)
        claimed.lock.release()
    assert states == [TrialState.COMPLETE, TrialState.COMPLETE, TrialState.PRUNED]
    reported = [trial.intermediate_values for trial in open_study(path).trials]
    assert [sorted(epochs) for epochs in reported] == [[*range(1, 9)], [*range(1, 9)], [1, 2]]
    assert not (spec.folder / "record.json").exists()


def test_a_pruned_run_in_its_own_process_is_recorded_as_pruned(
    tuning: Tuning, make_study: MakeStudy
) -> None:
    path = make_study(tuning)
    for accuracy in (0.9, 0.8):
        claimed = take(path, tuning)
        study = open_study(path)
        for epoch in range(1, 9):
            live_trial(study, claimed.number).report(accuracy, epoch)
        study.tell(claimed.number, accuracy)
        claimed.lock.release()
    folders = []

    def train(spec: Spec, trial: int | None) -> Record:
        folders.append(spec.folder)
        return train_in_process(spec, path, trial)

    work_on(path, take(path, tuning), tuning, train)
    pruned = open_study(path).trials[2]
    assert pruned.state == TrialState.PRUNED
    assert pruned.user_attrs["epochs"] == 2
    (folder,) = folders
    record = read_record(folder)
    assert (record.status, record.reason, record.test_reads) == ("failed", "pruned", 0)
    assert "pruned after epoch 2" in (record.error or "")
    assert "pruned after epoch 2" in (folder / "run.log").read_text()
    assert not list(folder.glob("*.ckpt"))


@pytest.mark.slow
def test_two_ranks_are_pruned_together(make_tuning: MakeTuning, make_study: MakeStudy) -> None:
    tuning = make_tuning(
        *("epochs=8", "trainer=ddp", "trainer.accelerator=cpu", "trainer.profile=cpu"),
        *("trainer.threads=1", "trainer.progress_bar=false"),
        first=[{**GOOD, "optimizer.lr": rate} for rate in (0.01, 0.02, 0.03)],
        pruner=PRUNERS[0],
    )
    path = make_study(tuning)
    for _ in range(2):
        claimed = take(path, tuning)
        study = open_study(path)
        for epoch in range(1, 9):
            live_trial(study, claimed.number).report(2.0, epoch)
        study.tell(claimed.number, 2.0)
        claimed.lock.release()
    work_on(
        path, take(path, tuning), tuning, lambda spec, trial: train_in_process(spec, path, trial)
    )
    pruned = open_study(path).trials[2]
    assert pruned.state == TrialState.PRUNED, pruned.user_attrs["detail"]
    assert sorted(pruned.intermediate_values) == [1, 2]
    (folder,) = (tuning.folder / "runs").iterdir()
    assert read_record(folder).reason == "pruned"


def test_a_run_that_is_no_trial_asks_no_study(make_spec: Callable[..., Spec]) -> None:
    spec = make_spec()
    assert pruning(spec.folder) == []
    hand_over(spec.folder, spec.folder / "study.journal", 3)
    assert len(pruning(spec.folder)) == 1
    take_back(spec.folder)
    assert pruning(spec.folder) == []


def test_tuning_works_without_the_test_files(
    make_tuning: MakeTuning, make_study: MakeStudy, idx_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "training files alone"
    folder.mkdir()
    for part in ("train_images", "train_labels"):
        (folder / FILE_NAMES[part]).symlink_to(idx_folder / FILE_NAMES[part])
    tuning = make_tuning(trials=1)
    tuning = Tuning(**{**vars(tuning), "data_folder": folder})
    path = make_study(tuning)
    records = []

    def train(spec: Spec, trial: int | None) -> Record:
        records.append(train_in_process(spec, path, trial))
        return records[-1]

    work_on(path, take(path, tuning), tuning, train)
    (trial,) = open_study(path).trials
    assert trial.state == TrialState.COMPLETE
    assert [record.seed for record in records] == [1000]
    accuracies = []
    for record in records:
        assert (record.status, record.test, record.test_reads) == ("done", None, 0)
        assert record.predictions_digest is None
        assert record.validation is not None
        accuracies.append(record.validation.accuracy)
    assert trial.value == pytest.approx(accuracies[0])
    kept = {path.name for path in (tuning.folder / "runs").glob("*/*")}
    assert "record.json" in kept
    assert not kept & {"predictions.npz", "weights.safetensors", "trial.json"}
    # The same run, scored as usual, does need them: the test above can fail.
    usual = {**tuning.spec(GOOD, 1000).config}
    usual["protocol"] = {**usual["protocol"], "test": None}
    spec = Spec(usual, folder, "0" * 64)
    spec.write()
    with pytest.raises(BenchError, match="t10k-images"):
        run(spec)


def test_a_tuning_run_opens_no_test_file(
    make_tuning: MakeTuning, idx_folder: Path, opened: list[str]
) -> None:
    tuning = make_tuning()
    spec = tuning.spec(GOOD, 1000)
    spec.write()
    opened.clear()
    record = run(spec)
    assert record is not None
    assert record.test_reads == 0
    names = {Path(name).name for name in opened}
    assert FILE_NAMES["train_images"] in names
    assert not names & {FILE_NAMES["test_images"], FILE_NAMES["test_labels"]}


@pytest.fixture(scope="module")
def opened() -> list[str]:
    """Names of all files that this process opens from now on."""
    names: list[str] = []

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(arguments[0], str | os.PathLike):
            names.append(os.fspath(arguments[0]))

    # There is no way to remove such a hook; it costs little.
    sys.addaudithook(note)
    return names


def test_a_protocol_that_says_something_else_about_the_test_set_is_refused(
    make_spec: Callable[..., Spec],
) -> None:
    with pytest.raises(BenchError, match=r"protocol\.test: 'sometimes' is unknown"):
        run(make_spec("protocol.test=sometimes"))
