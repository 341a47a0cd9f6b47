"""Runs of a study: what pruning stops, and what tuning never asks for."""

from collections.abc import Callable
from pathlib import Path

import optuna
import pytest
from optuna.trial import Trial, TrialState

from fmnist_bench.data.datamodule import ImageDataModule
from fmnist_bench.errors import BenchError
from fmnist_bench.records.record import read_record
from fmnist_bench.records.spec import Spec
from fmnist_bench.search.crew import Crew
from fmnist_bench.search.pruning import AskStudy, Pruned
from fmnist_bench.search.study import open_study
from fmnist_bench.search.tuning import Tuning
from fmnist_bench.training.run import run

MakeTuning = Callable[..., Tuning]
MakeStudy = Callable[..., Path]
GOOD = {"optimizer.lr": 0.01, "augment": "none"}
HOPELESS = {"optimizer.lr": 1e-6, "augment": "none"}
PRUNERS = {
    "median": {"_target_": "optuna.pruners.MedianPruner"}
    | {"n_startup_trials": 2, "n_warmup_steps": 2},
    "asha": {"_target_": "optuna.pruners.SuccessiveHalvingPruner"}
    | {"min_resource": 2, "reduction_factor": 2},
    "hyperband": {"_target_": "optuna.pruners.HyperbandPruner"}
    | {"min_resource": 2, "max_resource": 3, "reduction_factor": 2},
}


@pytest.fixture
def tuning(make_tuning: MakeTuning, request: pytest.FixtureRequest) -> Tuning:
    return make_tuning(
        "epochs=4",
        "schedule=constant",
        parameters={
            "optimizer.lr": {"low": 1e-6, "high": 0.1, "log": True},
            "augment": ["none", "flip"],
        },
        first=[GOOD, {**GOOD, "optimizer.lr": 0.02}, HOPELESS],
        pruner=PRUNERS[getattr(request, "param", "median")],
    )


def take(study: optuna.Study, tuning: Tuning, folder: Path) -> tuple[Trial, Spec]:
    """Return the next trial and its first run, as a search has them before it trains."""
    trial = study.ask()
    (spec,) = tuning.specs(tuning.space.suggest(trial), folder)
    spec.write()
    trial.set_user_attr("runs", {spec.name: 0})
    return trial, spec


@pytest.mark.parametrize("tuning", PRUNERS, indirect=True)
def test_a_hopeless_trial_is_stopped_early(tuning: Tuning, make_study: MakeStudy) -> None:
    folder = make_study(tuning)
    study = open_study(folder)
    states = []
    for _ in range(3):
        trial, spec = take(study, tuning, folder)
        try:
            assert run(spec, [AskStudy(spec.folder)]) is not None
            states.append(TrialState.COMPLETE)
            study.tell(trial, 0.9)
        except Pruned as pruned:
            assert "pruned after epoch 2: validation accuracy" in str(pruned)
            states.append(TrialState.PRUNED)
    assert states == [TrialState.COMPLETE, TrialState.COMPLETE, TrialState.PRUNED]
    reported = [trial.intermediate_values for trial in open_study(folder).trials]
    assert [sorted(epochs) for epochs in reported] == [[1, 2, 3, 4], [1, 2, 3, 4], [1, 2]]
    assert not (spec.folder / "record.json").exists()


def with_two_ended(folder: Path, tuning: Tuning, accuracy: float) -> optuna.Study:
    """Return the study in `folder` with two trials of that accuracy in every epoch."""
    study = open_study(folder)
    for _ in range(2):
        trial = study.ask()
        tuning.space.suggest(trial)
        for epoch in range(1, 5):
            trial.report(accuracy, epoch)
        study.tell(trial, accuracy)
    return study


def test_a_pruned_run_in_its_own_process_is_recorded_as_pruned(
    tuning: Tuning, make_study: MakeStudy, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = make_study(tuning)
    study = with_two_ended(folder, tuning, 2.0)
    Crew(tuning, folder, 1, print).work(study, 3)
    pruned = open_study(folder).trials[2]
    assert pruned.state == TrialState.PRUNED
    assert list(pruned.user_attrs["runs"].values()) == [2]
    assert "pruned after epoch 2" in pruned.user_attrs["detail"]
    (run_folder,) = (folder / "runs").iterdir()
    record = read_record(run_folder)
    assert (record.status, record.reason, record.test_reads) == ("failed", "pruned", 0)
    assert "pruned after epoch 2" in (record.error or "")
    assert "pruned after epoch 2" in (run_folder / "run.log").read_text()
    assert not list(run_folder.glob("*.ckpt"))
    # What the run says itself is in its log.
    (line,) = capfd.readouterr().out.splitlines()
    assert line.startswith("[3/3] trial 2: pruned")


@pytest.mark.slow
def test_two_ranks_are_pruned_together(make_tuning: MakeTuning, make_study: MakeStudy) -> None:
    tuning = make_tuning(
        *("epochs=8", "trainer=ddp", "trainer.accelerator=cpu", "speed.threads=1"),
        *("precision=32-true", "speed.compile=false", "speed.channels_last=false"),
        first=[{**GOOD, "optimizer.lr": rate} for rate in (0.01, 0.02, 0.03)],
        pruner=PRUNERS["median"],
    )
    folder = make_study(tuning)
    Crew(tuning, folder, 1, print).work(with_two_ended(folder, tuning, 2.0), 3)
    pruned = open_study(folder).trials[2]
    assert pruned.state == TrialState.PRUNED, pruned.user_attrs["detail"]
    assert sorted(pruned.intermediate_values) == [1, 2]
    (run_folder,) = (folder / "runs").iterdir()
    assert read_record(run_folder).reason == "pruned"


def test_only_the_first_run_of_a_trial_is_judged(tuning: Tuning, make_study: MakeStudy) -> None:
    folder = make_study(tuning)
    study = with_two_ended(folder, tuning, 2.0)
    trial, spec = take(study, tuning, folder)
    trial.set_user_attr("runs", {"of another seed": 4, spec.name: 0})
    assert run(spec, [AskStudy(spec.folder)]) is not None
    assert open_study(folder).trials[2].intermediate_values == {}


def test_tuning_asks_for_no_test_image(
    tuning: Tuning, make_study: MakeStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(data: ImageDataModule) -> None:
        raise BenchError("the test set was asked for")

    monkeypatch.setattr(ImageDataModule, "test_dataloader", refuse)
    folder = make_study(tuning)
    (spec,) = tuning.specs(GOOD, folder)
    spec.write()
    record = run(spec)
    assert record is not None
    assert (record.status, record.test, record.test_reads) == ("done", None, 0)
    assert record.predictions_digest is None
    assert not (spec.folder / "predictions.npz").exists()
    # The same run, scored as usual, does ask: the test above can fail.
    usual = {**spec.config, "protocol": {**spec.config["protocol"], "test": None}}
    spec = Spec(usual, spec.data_digest)
    spec.write()
    with pytest.raises(BenchError, match="the test set was asked for"):
        run(spec)
