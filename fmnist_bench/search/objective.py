"""What a trial is worth: mean validation accuracy over the tuning seeds."""

import math
from collections.abc import Callable
from pathlib import Path

from optuna import TrialPruned
from optuna.trial import Trial

from fmnist_bench.errors import BenchError
from fmnist_bench.records.record import Record
from fmnist_bench.records.spec import Spec
from fmnist_bench.search.tuning import Tuning

RUNS = "runs"
"""User attribute of a trial: name of run -> epochs that it trained, in the order of the seeds."""
DETAIL = "detail"
"""User attribute of a trial without a value: why it has none."""


class Objective:
    """Trains the runs of a trial below `folder`; the study's own user attributes name them.

    A run that fails, or an accuracy that is no finite number, fails the trial and nothing
    else. Anything that interrupts `train` leaves the trial to be taken up again.
    """

    def __init__(self, tuning: Tuning, folder: Path, train: Callable[[Spec], Record]) -> None:
        self._tuning, self._folder, self._train = tuning, folder, train

    def __call__(self, trial: Trial) -> float:
        try:
            specs = self._tuning.specs(self._tuning.space.suggest(trial), self._folder)
            accuracies = [self._accuracy(trial, spec) for spec in specs]
        except (BenchError, TrialPruned) as ended:
            trial.set_user_attr(DETAIL, str(ended))
            raise
        return sum(accuracies) / len(accuracies)

    def _accuracy(self, trial: Trial, spec: Spec) -> float:
        runs: dict[str, int] = trial.user_attrs.get(RUNS, {})
        judged = spec.config["seed"] == self._tuning.space.tuning_seeds[0]
        trial.set_user_attr(RUNS, runs | {spec.name: 0})  # by which the run finds its trial
        record = self._train(spec)
        reported = trial.study.get_trials(deepcopy=False)[trial.number].intermediate_values
        epochs = record.epochs or (len(reported) if judged else 0)
        trial.set_user_attr(RUNS, runs | {spec.name: epochs})
        for epoch in (record.history or ()) if judged else ():
            # Of a run that was trained before; later trials are compared with it too.
            if epoch.validation_accuracy is not None and epoch.epoch + 1 not in reported:
                trial.report(epoch.validation_accuracy, epoch.epoch + 1)
        return _value(record)


def _value(record: Record) -> float:
    """Return the validation accuracy of a run; the trial ends if there is none."""
    if record.status == "failed":
        told = record.error or record.reason or "failed"
        raise TrialPruned(told) if record.reason == "pruned" else BenchError(told)
    if record.test is not None or record.test_reads:
        raise BenchError(f"{record.identity[:12]}: this run read the test set")
    if record.validation is None or not math.isfinite(record.validation.accuracy):
        raise BenchError("validation accuracy is not a finite number")
    return record.validation.accuracy
