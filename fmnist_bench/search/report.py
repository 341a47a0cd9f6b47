"""What a person reads of a study: a line per trial, the best recipe, and what it cost."""

import shlex
from collections import Counter

import optuna
from optuna.trial import FrozenTrial, TrialState

from fmnist_bench.search.objective import DETAIL, RUNS
from fmnist_bench.search.space import Space
from fmnist_bench.search.tuning import Tuning, as_overrides, recipe_overrides

_WORDS = {TrialState.COMPLETE: "complete", TrialState.PRUNED: "pruned", TrialState.FAIL: "failed"}


def ended(study: optuna.Study) -> list[FrozenTrial]:
    """Return the trials of `study` that completed, were pruned or failed."""
    return study.get_trials(deepcopy=False, states=tuple(_WORDS))


def best_trial(study: optuna.Study) -> FrozenTrial | None:
    """Return the completed trial of highest validation accuracy, the earliest of equal ones."""
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return max(complete, key=lambda trial: (trial.value or 0.0, -trial.number), default=None)


def trial_line(trial: FrozenTrial, ended: int, planned: int) -> str:
    """Return one line on a trial that ended."""
    recipe = " ".join(as_overrides(trial.params))
    value = f"{trial.value:.4f}" if trial.state == TrialState.COMPLETE else _WORDS[trial.state]
    detail = f"  ({trial.user_attrs[DETAIL]})" if DETAIL in trial.user_attrs else ""
    return f"[{ended}/{planned}] trial {trial.number}: {value:8} {recipe}{detail}"


def standing(study: optuna.Study, planned: int) -> str:
    """Return how many trials have ended, and how; no process works on the study now."""
    trials = study.get_trials(deepcopy=False)
    counts = Counter(_WORDS[trial.state] for trial in trials if trial.state in _WORDS)
    interrupted = sum(bool(trial.params) for trial in trials) - counts.total()
    words = [f"{count} {word}" for word, count in counts.items()]
    words += [f"{interrupted} interrupted"] * (interrupted > 0)
    return f"{counts.total()} of {planned} trials" + (f": {', '.join(words)}" if words else "")


def summary(study: optuna.Study, tuning: Tuning, planned: int) -> list[str]:
    """Return the lines that end a tuning: standing, best recipe, budget, what to do next."""
    lines = [standing(study, planned)]
    best = best_trial(study)
    if best is None:
        return [*lines, "no trial has completed; see the logs of its runs"]
    overrides = [*tuning.overrides, *as_overrides(best.params)]
    recipe = [str(each.input_line) for each in recipe_overrides(overrides)]
    return [
        *lines,
        f"best: trial {best.number}, validation accuracy {best.value:.4f} "
        f"({seeds_in_words(tuning.space)}; the best of many is optimistic)",
        f"recipe: {shlex.join(recipe)}",
        f"budget: {budget(study, tuning.space)}",
        f"final runs, on other seeds: fmnist-bench train -m {shlex.join(overrides)} seed=0,1,2,3,4",
    ]


def budget(study: optuna.Study, space: Space) -> str:
    """Return what the study spent: trials, epochs trained over all seeds, time, and its digest."""
    trials = ended(study)
    epochs: dict[str, int] = {}
    for trial in trials:
        epochs |= trial.user_attrs.get(RUNS, {})
    seconds = sum(trial.duration.total_seconds() for trial in trials if trial.duration)
    minutes, seconds = divmod(round(seconds), 60)
    return (
        f"{len(trials)} trials x {space.seeds} seed{'s' * (space.seeds > 1)}, "
        f"{sum(epochs.values())} epochs in {minutes // 60}:{minutes % 60:02}:{seconds:02}; "
        f"study {study.user_attrs['digest'][:12]}"
    )


def seeds_in_words(space: Space) -> str:
    """Return which seeds a trial's value is the mean of."""
    seeds = space.tuning_seeds
    return f"seed {seeds[0]}" if len(seeds) == 1 else f"mean of seeds {seeds[0]} to {seeds[-1]}"
