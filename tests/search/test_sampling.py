"""What the next trial is drawn by: the trials before it."""

import math
from collections.abc import Callable
from pathlib import Path

import optuna
from optuna.trial import Trial

from fmnist_bench.search.study import open_study, seed_sampler
from fmnist_bench.search.tuning import Tuning

MakeTuning = Callable[..., Tuning]
MakeStudy = Callable[..., Path]


def draw(folder: Path, tuning: Tuning, trials: int) -> optuna.Study:
    """Value each trial by its parameters alone, which is faster than composing its config."""
    study = open_study(folder)

    def value(trial: Trial) -> float:
        params = tuning.space.suggest(trial)
        distance = abs(math.log10(params["optimizer.lr"]) + 2)
        return 0.9 - 0.1 * distance + (0.05 if params["augment"] == "flip" else 0.0)

    while len(study.trials) < trials:
        seed_sampler(study)
        study.optimize(value, n_trials=1)
    return study


def test_the_search_learns_from_its_trials(make_tuning: MakeTuning, make_study: MakeStudy) -> None:
    """Against the same number of random draws, from the same file format."""
    late: dict[str, float] = {}
    for name in ("TPESampler", "RandomSampler"):
        tuning = make_tuning(sampler={"_target_": f"optuna.samplers.{name}", "seed": 0})
        study = draw(make_study(tuning, name), tuning, 40)
        values = [trial.value or 0.0 for trial in study.trials[20:]]
        late[name] = sum(values) / len(values)
    assert late["TPESampler"] > late["RandomSampler"] + 0.02


def test_a_study_that_stopped_draws_what_it_would_have_drawn(
    make_tuning: MakeTuning, make_study: MakeStudy
) -> None:
    tuning = make_tuning()
    straight = draw(make_study(tuning, "straight"), tuning, 14)
    folder = make_study(tuning, "stopped")
    for trials in (3, 4, 12, 14):
        stopped = draw(folder, tuning, trials)
        assert len(stopped.trials) == trials
    assert [trial.params for trial in stopped.trials] == [trial.params for trial in straight.trials]
    assert len({trial.params["optimizer.lr"] for trial in straight.trials}) == 14
