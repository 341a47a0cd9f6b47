"""Runs many jobs and sums up how they ended."""

import contextlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from filelock import FileLock

from fmnist_bench.jobs.check import refuse_repeated, refuse_unfit
from fmnist_bench.jobs.job import CONTINUES, Outcome, earlier_outcome, forget, run_job
from fmnist_bench.jobs.launchers.launcher import Launcher
from fmnist_bench.jobs.launchers.one_by_one import OneByOne
from fmnist_bench.jobs.process import Processes
from fmnist_bench.jobs.progress import Progress
from fmnist_bench.jobs.worker import LOCK_FILE, LOG_FILE
from fmnist_bench.records.spec import Spec


@dataclass
class Sweep:
    """The outcomes of a list of jobs.

    With `retry_failed`, a job that failed before is run again; without, it stays failed. With
    `force`, what is done is trained again, and its record replaced when that is done too.
    """

    say: Callable[[str], None]
    retry_failed: bool
    force: bool = False
    launcher: Launcher = field(default_factory=OneByOne)
    outcomes: list[Outcome] = field(default_factory=list)

    def run(self, specs: Sequence[Spec]) -> None:
        """Run every job that is not done; say how far it is, and in the end the summary.

        Raises:
            BenchError: two jobs are the same run, or one cannot run here.
            KeyboardInterrupt: the running jobs were stopped; what is done stays done.
        """
        refuse_repeated(specs)
        todo = []
        for spec in specs:
            earlier = earlier_outcome(spec)
            if earlier is None or self.force or (not earlier.ok and self.retry_failed):
                todo.append(spec)
            else:
                self.outcomes.append(earlier)
        with Processes(fork=True) as processes:
            self._run(specs, todo, processes)

    def _run(self, specs: Sequence[Spec], todo: Sequence[Spec], processes: Processes) -> None:
        refuse_unfit(todo, processes, here=self.launcher.here)
        for spec in todo if self.force else ():
            forget(spec)
        done = sum(outcome.ok for outcome in self.outcomes)
        self.say(f"{done} of {len(specs)} done" + (f", {len(todo)} to run" if todo else ""))
        if todo:
            self._launch(todo, processes)
        self.say(self.summary())

    def _launch(self, todo: Sequence[Spec], processes: Processes) -> None:
        progress = Progress(self.say, todo, self.outcomes)
        waiting = {spec.identity: spec for spec in todo}
        try:
            # Closed at once when Ctrl-C arrives between two outcomes, to stop what still runs.
            with contextlib.closing(self.launcher.launch(todo, progress, processes)) as outcomes:
                for outcome in outcomes:
                    del waiting[outcome.spec.identity]
                    self.outcomes.append(outcome)
            self._wait_for_others(processes)
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
        """Return a table of all jobs, one per line, and a line of counts."""
        lines = [
            f"{outcome.state:13}  {outcome.spec.name}  {outcome.detail}".rstrip()
            for outcome in self.outcomes
        ]
        counts = Counter(outcome.state for outcome in self.outcomes)
        return "\n".join([*lines, ", ".join(f"{count} {state}" for state, count in counts.items())])


def _unfinished(spec: Spec) -> Outcome:
    """Return the outcome of a job that the end of the sweep found running or waiting."""
    recorded = earlier_outcome(spec)
    if recorded is not None:
        return recorded
    started = (spec.folder / LOG_FILE).exists()
    return Outcome(spec, "interrupted", CONTINUES) if started else Outcome(spec, "not run", "")
