"""Runs many jobs and sums up what came of them."""

import contextlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from filelock import FileLock

from fmnist_bench.jobs.answer import Answer
from fmnist_bench.jobs.check import refuse_repeated, refuse_unfit
from fmnist_bench.jobs.job import (
    CONTINUES,
    OUTDATED,
    Outcome,
    earlier_outcome,
    forget,
    keeps_record,
    run_job,
)
from fmnist_bench.jobs.launchers.launcher import Launcher
from fmnist_bench.jobs.launchers.one_by_one import OneByOne
from fmnist_bench.jobs.layout import as_text
from fmnist_bench.jobs.listed import ListedRun, run_of
from fmnist_bench.jobs.process import Processes
from fmnist_bench.jobs.progress import Progress
from fmnist_bench.jobs.worker import LOCK_FILE, LOG_FILE
from fmnist_bench.records.spec import Spec

_MOST = 100
"""Lines that a summary has; `fmnist-bench runs` shows all."""


@dataclass
class Sweep:
    """The outcomes of a list of jobs.

    With `retry_failed`, a job that failed before is run again; without, it stays failed. With
    `force`, what is done is trained again, and its record replaced when that is done too. With
    `fail_fast`, nothing is started any more once a job has failed.
    """

    say: Callable[[str], None]
    retry_failed: bool
    force: bool = False
    launcher: Launcher = field(default_factory=OneByOne)
    fail_fast: bool = False
    outcomes: list[Outcome] = field(default_factory=list)

    def run(self, specs: Sequence[Spec]) -> None:
        """Run every job that is not done; say how far it is, and in the end the summary.

        Raises:
            BenchError: two jobs are the same run, or one cannot run here.
            KeyboardInterrupt: the running jobs were stopped; what is done stays done.
        """
        todo = self.todo(specs)
        with Processes(fork=True) as processes:
            self._run(specs, todo, processes)

    def todo(self, specs: Sequence[Spec]) -> list[Spec]:
        """Return those of `specs` that are to run; the outcomes of all others are known then.

        Raises:
            BenchError: two jobs are the same run.
        """
        refuse_repeated(specs)
        todo = []
        for spec in specs:
            earlier = earlier_outcome(spec)
            if earlier is None or self.force or (not earlier.ok and self.retry_failed):
                todo.append(spec)
            else:
                self.outcomes.append(earlier)
        return todo

    def _run(self, specs: Sequence[Spec], todo: Sequence[Spec], processes: Processes) -> None:
        refuse_unfit(todo, processes, here=self.launcher.here)
        for spec in todo if self.force else ():
            if keeps_record(spec):
                forget(spec.folder)
        done = sum(outcome.ok for outcome in self.outcomes)
        self.say(f"{done} of {len(specs)} done" + (f", {len(todo)} to run" if todo else ""))
        if todo:
            self._launch(todo, processes)
        self.say(self.summary())

    def _launch(self, todo: Sequence[Spec], processes: Processes) -> None:
        progress = Progress(self.say, todo, self.outcomes)
        waiting = {spec.identity: spec for spec in todo}
        failed = False
        try:
            # Closed at once when Ctrl-C arrives between two outcomes, to stop what still runs.
            with contextlib.closing(self.launcher.launch(todo, progress, processes)) as outcomes:
                for outcome in outcomes:
                    del waiting[outcome.spec.identity]
                    self.outcomes.append(outcome)
                    failed = outcome.state == "failed"
                    if failed and self.fail_fast:
                        break
            if not (failed and self.fail_fast):
                self._wait_for_others(processes)
            self.outcomes += [_unfinished(spec) for spec in waiting.values()]
        except KeyboardInterrupt:
            self.outcomes += [_unfinished(spec) for spec in waiting.values()]
            self.say(self.summary())
            raise

    def _wait_for_others(self, processes: Processes) -> None:
        """See how runs end that another sweep is training; train those that it leaves behind."""
        for number, outcome in enumerate(self.outcomes):
            while outcome.state == "busy" and self.launcher.here:
                self.say(f"waiting for another process that trains {outcome.spec.name}")
                with FileLock(outcome.spec.folder / LOCK_FILE):
                    pass
                outcome = run_job(outcome.spec, processes)
                self.outcomes[number] = outcome

    @property
    def ok(self) -> bool:
        """Whether every job is done."""
        return all(outcome.ok for outcome in self.outcomes)

    def summary(self) -> str:
        """Return a table of all jobs, best validation accuracy first, and a line of counts."""
        answer = Answer.of([_listed(outcome) for outcome in self.outcomes])
        counts = Counter(outcome.state for outcome in self.outcomes)
        told = ", ".join(f"{count} {state}" for state, count in counts.items())
        return f"{as_text(answer, test=False, most=_MOST)}\n{told}"


def _listed(outcome: Outcome) -> ListedRun:
    outdated = OUTDATED if OUTDATED in outcome.detail else None
    note = outdated if outcome.ok else outcome.detail
    return replace(run_of(outcome.spec), state=outcome.state, note=note)


def _unfinished(spec: Spec) -> Outcome:
    """Return the outcome of a job that the end of the sweep found running or waiting."""
    recorded = earlier_outcome(spec)
    if recorded is not None:
        return recorded
    started = (spec.folder / LOG_FILE).exists()
    return Outcome(spec, "interrupted", CONTINUES) if started else Outcome(spec, "not run", "")
