"""What a trial is worth: mean validation accuracy over the tuning seeds."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from optuna.trial import TrialState

from fmnist_bench.errors import BenchError
from fmnist_bench.records.record import Record
from fmnist_bench.records.spec import Spec
from fmnist_bench.search.recipe import Tuning
from fmnist_bench.search.study import live_trial, open_study, report_epoch
from fmnist_bench.search.trials import Claim

Train = Callable[[Spec, int | None], Record]
"""Trains a spec; the number is the trial that may prune the run, None if none may."""


class _Ended(Exception):
    """The trial ends without a value."""

    def __init__(self, state: TrialState, detail: str) -> None:
        super().__init__(detail)
        self.state = state


def work_on(path: Path, claim: Claim, tuning: Tuning, train: Train) -> None:
    """Train the runs of `claim` and tell the study in `path` how it ended.

    A run that fails, or an accuracy that is no finite number, fails the trial and nothing
    else. Anything that interrupts this function leaves the trial to be claimed again.
    """
    runs: list[str] = []
    epochs = 0
    value, state, detail = None, TrialState.COMPLETE, ""
    try:
        accuracies = []
        for seed in tuning.space.tuning_seeds:
            spec = tuning.spec(claim.params, seed)
            runs.append(spec.name)
            # Pruning judges the first seed; a trial that survives it is trained with all.
            first = seed == tuning.space.tuning_seeds[0]
            record = train(spec, claim.number if first else None)
            epochs += record.epochs
            accuracies.append(_accuracy(record))
            if first:
                _report(path, claim.number, record)
        value = sum(accuracies) / len(accuracies)
    except _Ended as ended:
        state, detail = ended.state, str(ended)
    except BenchError as error:
        state, detail = TrialState.FAIL, str(error)
    _tell(path, claim.number, value, state, {"runs": runs, "epochs": epochs, "detail": detail})
    claim.lock.release()


def _accuracy(record: Record) -> float:
    """Return the validation accuracy of a finished run; the trial ends if there is none."""
    if record.status == "failed":
        pruned = record.reason == "pruned"
        raise _Ended(
            TrialState.PRUNED if pruned else TrialState.FAIL,
            record.error or record.reason or "failed",
        )
    if record.test is not None or record.test_reads:
        raise _Ended(TrialState.FAIL, f"{record.identity[:12]}: this run read the test set")
    if record.validation is None or not math.isfinite(record.validation.accuracy):
        raise _Ended(TrialState.FAIL, "validation accuracy is not a finite number")
    return record.validation.accuracy


def _report(path: Path, number: int, record: Record) -> None:
    """Report a run that was trained before, which later trials are compared with too."""
    reported = open_study(path).get_trials(deepcopy=False)[number].intermediate_values
    for epoch in record.history:
        if epoch.validation_accuracy is not None and epoch.epoch + 1 not in reported:
            report_epoch(path, number, epoch.epoch + 1, epoch.validation_accuracy)


def _tell(
    path: Path, number: int, value: float | None, state: TrialState, attributes: dict[str, Any]
) -> None:
    study = open_study(path)
    if state == TrialState.PRUNED:
        reported = study.get_trials(deepcopy=False)[number].intermediate_values
        attributes["epochs"] = max(reported, default=0)
    trial = live_trial(study, number)
    for key, content in attributes.items():
        trial.set_user_attr(key, content)
    study.tell(number, value, state=state)
