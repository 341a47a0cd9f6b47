"""Whole studies in this process, with a function in place of the training."""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from fmnist_bench.errors import BenchError
from fmnist_bench.records.outcome import failed_record
from fmnist_bench.records.record import Record, Score
from fmnist_bench.records.spec import Spec
from fmnist_bench.search.objective import Train, work_on
from fmnist_bench.search.recipe import Tuning
from fmnist_bench.search.report import best_trial, standing, summary
from fmnist_bench.search.study import open_study
from fmnist_bench.search.trials import claim, counting

MakeTuning = Callable[..., Tuning]
MakeStudy = Callable[..., Path]
RecordOf = Callable[..., Record]


def tune(path: Path, tuning: Tuning, train: Train, trials: int | None = None) -> optuna.Study:
    while claimed := claim(path, tuning.space, trials or tuning.space.trials):
        work_on(path, claimed, tuning, train)
    return open_study(path)


def draw(path: Path, tuning: Tuning, trials: int) -> optuna.Study:
    """Value each trial by its parameters alone, which is faster than composing its config."""
    while claimed := claim(path, tuning.space, trials):
        distance = abs(math.log10(claimed.params["optimizer.lr"]) + 2)
        flips = 0.05 if claimed.params["augment"] == "flip" else 0.0
        open_study(path).tell(claimed.number, 0.9 - 0.1 * distance + flips)
        claimed.lock.release()
    return open_study(path)


def goodness(spec: Spec) -> float:
    """Best at a learning rate of 0.01, and better with flips."""
    distance = abs(math.log10(spec.config["optimizer"]["lr"]) + 2)
    return 0.9 - 0.1 * distance + (0.05 if spec.config["augment"] else 0.0)


def test_a_study_judges_each_trial_by_the_mean_over_fresh_seeds(
    make_tuning: MakeTuning, make_study: MakeStudy, record_of: RecordOf
) -> None:
    tuning = make_tuning(seeds=2)
    path = make_study(tuning)
    trained: list[Spec] = []

    def train(spec: Spec, trial: int | None) -> Record:
        trained.append(spec)
        # Pruning may only judge the first seed.
        assert (trial is None) == (spec.config["seed"] != 1000)
        return record_of(spec, goodness(spec) + (spec.config["seed"] - 1000) * 0.01)

    study = tune(path, tuning, train)
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE] * 6
    assert [spec.config["seed"] for spec in trained] == [1000, 1001] * 6
    assert len({spec.identity for spec in trained}) == 12
    for trial, spec in zip(study.trials, trained[::2], strict=True):
        # With the digits that are printed.
        assert spec.config["optimizer"]["lr"] == float(f"{trial.params['optimizer.lr']:.6g}")
        assert bool(spec.config["augment"]) == (trial.params["augment"] == "flip")
        assert trial.value == pytest.approx(goodness(spec) + 0.005)
        assert spec.config["protocol"]["test"] == "never"
        assert spec.folder.parent == tuning.folder / "runs"
    best = best_trial(study)
    assert best is not None
    assert best.value == pytest.approx(max(map(goodness, trained)) + 0.005)
    text = "\n".join(summary(study, path, 6))
    assert f"best: trial {best.number}, validation accuracy {best.value:.4f}" in text
    assert "mean of seeds 1000 to 1001" in text
    assert f"augment={best.params['augment']}" in text
    assert re.search(r"6 trials x 2 seeds, 0 epochs in \d+:\d\d:\d\d", text)
    assert study.user_attrs["space_hash"][:12] in text


def test_the_search_learns_from_its_trials(make_tuning: MakeTuning, make_study: MakeStudy) -> None:
    """Against the same number of random draws, from the same file format."""
    late: dict[str, float] = {}
    for sampler in ("tpe", "random"):
        tuning = make_tuning(sampler=sampler, trials=40)
        study = draw(make_study(tuning, f"{sampler}.journal"), tuning, 40)
        values = [trial.value or 0.0 for trial in study.trials[20:]]
        late[sampler] = sum(values) / len(values)
    assert late["tpe"] > late["random"] + 0.02


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), "failed", "raises", "read the test"])
def test_a_trial_without_a_value_fails_and_the_study_goes_on(
    make_tuning: MakeTuning, make_study: MakeStudy, record_of: RecordOf, bad: float | str
) -> None:
    tuning = make_tuning()
    path = make_study(tuning)
    calls: list[Spec] = []

    def train(spec: Spec, trial: int | None) -> Record:
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

    study = tune(path, tuning, train)
    states = [trial.state for trial in study.trials]
    assert states == [TrialState.COMPLETE, TrialState.FAIL, *[TrialState.COMPLETE] * 4]
    assert study.trials[1].user_attrs["detail"]
    assert "5 complete, 1 failed" in standing(study, path, 6)
    best = best_trial(study)
    assert best is not None
    assert best.number != 1


def test_a_study_in_which_everything_fails_says_so(
    make_tuning: MakeTuning, make_study: MakeStudy, record_of: RecordOf
) -> None:
    tuning = make_tuning()
    path = make_study(tuning)
    study = tune(path, tuning, lambda spec, trial: record_of(spec, float("nan")))
    assert best_trial(study) is None
    assert "no trial has completed" in "\n".join(summary(study, path, 6))


def test_recipes_that_the_space_lists_come_first(
    make_tuning: MakeTuning, make_study: MakeStudy, record_of: RecordOf
) -> None:
    first = {"optimizer.lr": 0.02, "augment": "flip"}
    tuning = make_tuning(first=[first])
    study = tune(
        make_study(tuning), tuning, lambda spec, trial: record_of(spec, goodness(spec)), trials=2
    )
    assert study.trials[0].params == first
    assert len(study.trials) == 2


def test_a_space_of_three_recipes_has_three_trials(
    make_tuning: MakeTuning, make_study: MakeStudy, record_of: RecordOf
) -> None:
    tuning = make_tuning(parameters={"augment": ["none", "flip", "crop_flip"]}, trials=50)
    trained: list[str] = []

    def train(spec: Spec, trial: int | None) -> Record:
        trained.append(spec.identity)
        return record_of(spec, 0.5)

    path = make_study(tuning)
    study = tune(path, tuning, train)
    assert len(trained) == len(set(trained)) == 3
    assert len(counting(study.trials)) == 3
    assert "3 of 50 trials: 3 complete" in standing(study, path, 50)


def test_a_study_that_stopped_draws_what_it_would_have_drawn(
    make_tuning: MakeTuning, make_study: MakeStudy
) -> None:
    tuning = make_tuning()
    straight = draw(make_study(tuning, "straight.journal"), tuning, 14)
    path = make_study(tuning, "stopped.journal")
    for trials in (3, 4, 12, 14):
        stopped = draw(path, tuning, trials)
        assert len(stopped.trials) == trials
    assert [trial.params for trial in stopped.trials] == [trial.params for trial in straight.trials]


def test_an_interrupted_trial_is_taken_up_again_with_its_recipe(
    make_tuning: MakeTuning, make_study: MakeStudy, record_of: RecordOf
) -> None:
    tuning = make_tuning()
    path = make_study(tuning)
    interrupted: list[Spec] = []

    def stop(spec: Spec, trial: int | None) -> Record:
        interrupted.append(spec)
        raise KeyboardInterrupt

    claimed = claim(path, tuning.space, 6)
    assert claimed is not None
    with pytest.raises(KeyboardInterrupt):
        work_on(path, claimed, tuning, stop)
    # While its process lives, nobody else gets it.
    other = claim(path, tuning.space, 6)
    assert other is not None
    assert other.number == 1
    for held in (claimed, other):
        held.lock.release()
    assert "2 interrupted" in standing(open_study(path), path, 6)

    trained: list[Spec] = []

    def train(spec: Spec, trial: int | None) -> Record:
        trained.append(spec)
        return record_of(spec, goodness(spec))

    study = tune(path, tuning, train)
    assert trained[0].identity == interrupted[0].identity
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE] * 6


def test_epochs_of_a_run_trained_before_are_reported_for_later_trials(
    make_tuning: MakeTuning, make_study: MakeStudy, record_of: RecordOf
) -> None:
    tuning = make_tuning(trials=1, seeds=2)
    study = tune(
        make_study(tuning), tuning, lambda spec, trial: record_of(spec, 0.8, [0.5, 0.8, 0.7])
    )
    (trial,) = study.trials
    assert trial.intermediate_values == {1: 0.5, 2: 0.8, 3: 0.7}
    assert trial.user_attrs["epochs"] == 6
