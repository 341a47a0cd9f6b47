"""Handing out trials: one that a killed worker left, else a newly drawn one."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from filelock import BaseFileLock, Timeout
from optuna.trial import FrozenTrial, TrialState

from fmnist_bench.search.space import Space
from fmnist_bench.search.study import live_trial, lock, lock_file, open_study, sampler

REPEATS = "repeats"
"""User attribute of a draw that another trial had already; such a draw is no trial."""
_DRAWS = 20


@dataclass(frozen=True)
class Claim:
    """A trial that this process alone works on, until `lock` is released."""

    number: int
    params: dict[str, Any]
    lock: BaseFileLock


def claim(path: Path, space: Space, limit: int) -> Claim | None:
    """Take a trial of the study in `path`; None when `limit` trials are handed out.

    None as well when a space of few combinations seems exhausted: so many draws in a row
    that were all made before.
    """
    with lock(path, "claim"):
        study = open_study(path)
        left = _left_by_a_killed_worker(study, path, space)
        if left is not None:
            return left
        for _ in range(_DRAWS):
            earlier = study.get_trials(deepcopy=False)
            counted = [trial for trial in counting(earlier) if trial.state != TrialState.WAITING]
            if len(counted) >= limit:
                return None
            study.sampler = sampler(space, len(earlier))
            trial = study.ask(fixed_distributions=space.distributions)
            repeated = next((other for other in counted if other.params == trial.params), None)
            if repeated is None:
                return Claim(trial.number, dict(trial.params), _held(path, trial.number))
            trial.set_user_attr(REPEATS, repeated.number)
            study.tell(trial, state=TrialState.FAIL)
    return None


def counting(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """Return the `trials` that count: not draws that repeated another."""
    return [trial for trial in trials if REPEATS not in trial.user_attrs]


def abandoned(path: Path, trial: FrozenTrial) -> bool:
    """Whether `trial` is unfinished and no process works on it."""
    if trial.state != TrialState.RUNNING:
        return False
    try:
        with lock(path, f"trial-{trial.number}", timeout=0):
            return True
    except Timeout:
        return False


def _left_by_a_killed_worker(study: optuna.Study, path: Path, space: Space) -> Claim | None:
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        try:
            held = _held(path, trial.number)
        except Timeout:
            continue
        if set(trial.params) == set(space.parameters):
            return Claim(trial.number, dict(trial.params), held)
        # Killed between two values of one draw: nothing was trained.
        held.release()
        live_trial(study, trial.number).set_user_attr(REPEATS, trial.number)
        study.tell(trial.number, state=TrialState.FAIL)
    return None


def _held(path: Path, number: int) -> BaseFileLock:
    held = lock_file(path, f"trial-{number}")
    held.acquire(timeout=0)
    return held
