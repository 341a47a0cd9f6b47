"""What a person reads of a study: a line per trial, the best recipe, and what it cost."""

import shlex
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import optuna
from optuna.trial import FrozenTrial, TrialState

from fmnist_bench.search.recipe import as_overrides, parse_overrides, says_recipe
from fmnist_bench.search.space import Space
from fmnist_bench.search.study import space_of
from fmnist_bench.search.trials import abandoned, counting

_WORDS = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
}


def best_trial(study: optuna.Study) -> FrozenTrial | None:
    """Return the completed trial of highest validation accuracy, the earliest of equal ones."""
    complete = [
        trial for trial in study.get_trials(deepcopy=False) if trial.state == TrialState.COMPLETE
    ]
    return max(complete, key=lambda trial: (trial.value or 0.0, -trial.number), default=None)


def trial_line(trial: FrozenTrial, ended: int, planned: int) -> str:
    """Return one line on a trial that ended."""
    recipe = " ".join(as_overrides(trial.params))
    value = f"{trial.value:.4f}" if trial.state == TrialState.COMPLETE else _WORDS[trial.state]
    detail = trial.user_attrs.get("detail")
    return f"[{ended}/{planned}] trial {trial.number}: {value:8} {recipe}" + (
        f"  ({detail})" if detail else ""
    )


def standing(study: optuna.Study, path: Path, planned: int) -> str:
    """Return how many trials have ended, and how."""
    trials = counting(study.get_trials(deepcopy=False))
    counts = Counter(_WORDS[trial.state] for trial in trials if trial.state in _WORDS)
    interrupted = sum(abandoned(path, trial) for trial in trials)
    words = [f"{count} {word}" for word, count in counts.items()]
    words += [f"{interrupted} interrupted"] * (interrupted > 0)
    return f"{counts.total()} of {planned} trials" + (f": {', '.join(words)}" if words else "")


def summary(study: optuna.Study, path: Path, planned: int) -> list[str]:
    """Return the lines that end a tuning: standing, best recipe, budget, what to do next."""
    lines = [standing(study, path, planned)]
    best = best_trial(study)
    if best is None:
        return [*lines, "no trial has completed; see the logs of its runs"]
    space = space_of(study, path)
    overrides = [*study.user_attrs["overrides"], *as_overrides(best.params)]
    recipe = [
        text
        for text, override in zip(overrides, parse_overrides(overrides), strict=True)
        if says_recipe(override)
    ]
    return [
        *lines,
        f"best: trial {best.number}, validation accuracy {best.value:.4f} "
        f"({seeds_in_words(space)}; the best of many is optimistic)",
        f"recipe: {shlex.join(recipe)}",
        f"budget: {budget(study, space)}",
        f"final runs, on other seeds: fmnist-bench train -m {shlex.join(overrides)} seed=0,1,2,3,4",
    ]


def budget(study: optuna.Study, space: Space) -> str:
    """Return what the study spent: trials, epochs trained over all seeds, time, and its space."""
    trials = counting(study.get_trials(deepcopy=False))
    ended = [trial for trial in trials if trial.state.is_finished()]
    epochs = sum(trial.user_attrs.get("epochs", 0) for trial in ended)
    return (
        f"{len(ended)} trials x {space.seeds} seed{'s' * (space.seeds > 1)}, {epochs} epochs in "
        f"{_hours(ended)}; space {study.user_attrs['space_hash'][:12]}"
    )


def seeds_in_words(space: Space) -> str:
    """Return which seeds a trial's value is the mean of."""
    seeds = space.tuning_seeds
    return f"seed {seeds[0]}" if len(seeds) == 1 else f"mean of seeds {seeds[0]} to {seeds[-1]}"


def _hours(trials: Sequence[FrozenTrial]) -> str:
    seconds = sum(trial.duration.total_seconds() for trial in trials if trial.duration)
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"
