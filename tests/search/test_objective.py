"""Whole studies in this process, with a function in place of the training."""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from fmnist_bench.errors import BenchError
from fmnist_bench.records.outcome import failed_record
from fmnist_bench.records.record import Record, Score
from fmnist_bench.records.spec import Spec
from fmnist_bench.search.report import best_trial, standing, summary
from fmnist_bench.search.study import begin_study, open_study
from fmnist_bench.search.tuning import Tuning

MakeTuning = Callable[..., Tuning]
MakeStudy = Callable[..., Path]
RecordOf = Callable[..., Record]
Tune = Callable[..., optuna.Study]


def learning_rate(spec: Spec) -> float:
    return float(spec.config["model"]["optimizer"]["lr"])


def flips(spec: Spec) -> bool:
    return bool(spec.config["data"]["augmentations"])


def goodness(spec: Spec) -> float:
    """Best at a learning rate of 0.01, and better with flips."""
    return 0.9 - 0.1 * abs(math.log10(learning_rate(spec)) + 2) + 0.05 * flips(spec)


def test_a_study_judges_each_trial_by_the_mean_over_fresh_seeds(
    make_tuning: MakeTuning, make_study: MakeStudy, record_of: RecordOf, tune: Tune
) -> None:
    tuning = make_tuning(seeds=2)
    folder = make_study(tuning)
    trained: list[Spec] = []

    def train(spec: Spec) -> Record:
        trained.append(spec)
        return record_of(spec, goodness(spec) + (spec.config["seed"] - 1000) * 0.01)

    study = tune(folder, tuning, train)
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE] * 6
    assert [spec.config["seed"] for spec in trained] == [1000, 1001] * 6
    assert len({spec.identity for spec in trained}) == 12
    for trial, spec in zip(study.trials, trained[::2], strict=True):
        # With the digits that are printed.
        assert learning_rate(spec) == float(f"{trial.params['optimizer.lr']:.6g}")
        assert flips(spec) == (trial.params["augment"] == "flip")
        assert trial.value == pytest.approx(goodness(spec) + 0.005)
        assert spec.config["protocol"]["test"] == "never"
        assert spec.folder.parent == folder / "runs"
        assert next(iter(trial.user_attrs["runs"])) == spec.name
    best = best_trial(study)
    assert best is not None
    assert best.value == pytest.approx(max(map(goodness, trained)) + 0.005)
    text = "\n".join(summary(study, tuning, 6))
    assert f"best: trial {best.number}, validation accuracy {best.value:.4f}" in text
    assert "mean of seeds 1000 to 1001" in text
    assert f"augment={best.params['augment']}" in text
    assert re.search(r"6 trials x 2 seeds, 0 epochs in \d+:\d\d:\d\d; study digest", text)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), "failed", "raises", "read the test"])
def test_a_trial_without_a_value_fails_and_the_study_goes_on(
    make_tuning: MakeTuning,
    make_study: MakeStudy,
    record_of: RecordOf,
    tune: Tune,
    capsys: pytest.CaptureFixture[str],
    bad: Any,
) -> None:
    tuning = make_tuning()
    calls: list[Spec] = []

    def train(spec: Spec) -> Record:
        calls.append(spec)
        if len(calls) != 2:
            return record_of(spec, goodness(spec))
        if bad == "failed":
            return failed_record(
                spec, started=datetime.now(UTC), reason="diverged", error="loss is nan"
            )
        if bad == "raises":
            raise BenchError("disk: full")
        if bad == "read the test":
            return record_of(spec, 0.99).model_copy(
                update={"test": Score(accuracy=0.9, loss=0.1), "test_reads": 1}
            )
        return record_of(spec, bad)

    study = tune(make_study(tuning), tuning, train, trials=3)
    states = [trial.state for trial in study.trials]
    assert states == [TrialState.COMPLETE, TrialState.FAIL, TrialState.COMPLETE]
    detail = study.trials[1].user_attrs["detail"]
    assert detail
    assert re.search(rf"\[2/3\] trial 1: failed .*\({detail}\)", capsys.readouterr().out)
    assert "3 of 3 trials: 2 complete, 1 failed" in standing(study, 3)
    best = best_trial(study)
    assert best is not None
    assert best.number != 1


def test_a_study_in_which_everything_fails_says_so(
    make_tuning: MakeTuning, make_study: MakeStudy, record_of: RecordOf, tune: Tune
) -> None:
    tuning = make_tuning()
    study = tune(make_study(tuning), tuning, lambda spec: record_of(spec, math.nan), trials=2)
    assert best_trial(study) is None
    assert "no trial has completed" in "\n".join(summary(study, tuning, 2))


def test_recipes_that_the_space_lists_come_first(
    make_tuning: MakeTuning, make_study: MakeStudy, record_of: RecordOf, tune: Tune
) -> None:
    first = {"optimizer.lr": 0.02, "augment": "flip"}
    tuning = make_tuning(first=[first])
    study = tune(make_study(tuning), tuning, lambda spec: record_of(spec, goodness(spec)), trials=2)
    assert study.trials[0].params == first
    assert len(study.trials) == 2
    assert study.trials[1].params != first


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_a_space_of_three_recipes_is_exhausted_by_three_trials(
    make_tuning: MakeTuning, make_study: MakeStudy, record_of: RecordOf, tune: Tune
) -> None:
    tuning = make_tuning(
        parameters={"augment": ["none", "flip", "crop_flip"]},
        sampler={"_target_": "optuna.samplers.BruteForceSampler", "seed": 0},
    )
    trained: list[str] = []

    def train(spec: Spec) -> Record:
        trained.append(spec.identity)
        return record_of(spec, 0.5)

    study = tune(make_study(tuning), tuning, train, trials=50)
    assert len(trained) == len(set(trained)) == len(study.trials) == 3
    assert "3 of 50 trials: 3 complete" in standing(study, 50)


def test_an_interrupted_trial_is_taken_up_again_with_its_recipe(
    make_tuning: MakeTuning, make_study: MakeStudy, record_of: RecordOf, tune: Tune
) -> None:
    tuning = make_tuning()
    folder = make_study(tuning)
    trained: list[Spec] = []

    def train(spec: Spec) -> Record:
        trained.append(spec)
        if len(trained) == 2:
            raise SystemExit  # as any end that is no fault of the trial
        return record_of(spec, goodness(spec))

    with pytest.raises(SystemExit):
        tune(folder, tuning, train)
    assert standing(open_study(folder), 6) == "1 of 6 trials: 1 complete, 1 interrupted"
    begin_study(folder, tuning, "digest")
    assert standing(open_study(folder), 6) == "1 of 6 trials: 1 complete, 1 interrupted"
    study = tune(folder, tuning, train, trials=3)
    assert trained[2].identity == trained[1].identity
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE] * 3
    assert len({spec.identity for spec in trained}) == 3


def test_epochs_of_a_run_trained_before_are_reported_for_later_trials(
    make_tuning: MakeTuning, make_study: MakeStudy, record_of: RecordOf, tune: Tune
) -> None:
    tuning = make_tuning(seeds=2)
    study = tune(
        make_study(tuning), tuning, lambda spec: record_of(spec, 0.8, [0.5, 0.8, 0.7]), trials=1
    )
    (trial,) = study.trials
    assert trial.intermediate_values == {1: 0.5, 2: 0.8, 3: 0.7}
    assert list(trial.user_attrs["runs"].values()) == [3, 3]
    assert "1 trials x 2 seeds, 6 epochs" in "\n".join(summary(study, tuning, 1))
