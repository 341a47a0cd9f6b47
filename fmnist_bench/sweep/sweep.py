"""Runs jobs one after another and sums up how they ended."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from fmnist_bench.errors import BenchError
from fmnist_bench.runs.spec import Spec
from fmnist_bench.sweep.job import Outcome, earlier_outcome, run_job


@dataclass
class Sweep:
    """The outcomes of a list of jobs.

    With `retry_failed`, a job that failed before is run again; without, it stays failed.
    """

    say: Callable[[str], None]
    retry_failed: bool
    outcomes: list[Outcome] = field(default_factory=list)

    def run(self, specs: Sequence[Spec]) -> None:
        """Run every job that is not done, and say how far it is.

        Raises:
            BenchError: two jobs are the same run.
            KeyboardInterrupt: the current job was stopped; what is done stays done.
        """
        _refuse_repeated(specs)
        todo = []
        for spec in specs:
            earlier = earlier_outcome(spec)
            if earlier is None or (earlier.state == "failed before" and self.retry_failed):
                todo.append(spec)
            else:
                self.outcomes.append(earlier)
        done = sum(outcome.ok for outcome in self.outcomes)
        self.say(f"{done} of {len(specs)} done" + (f", {len(todo)} to run" if todo else ""))
        started = time.monotonic()
        for number, spec in enumerate(todo, start=1):
            self.say(f"[{number}/{len(todo)}] {spec.name}{_time_left(started, number, len(todo))}")
            try:
                self.outcomes.append(run_job(spec))
            except KeyboardInterrupt:
                self.outcomes.append(Outcome(spec, "interrupted", "run again to continue"))
                raise

    @property
    def ok(self) -> bool:
        """Whether every job is done."""
        return all(outcome.ok for outcome in self.outcomes)

    def summary(self) -> str:
        """Return a table of all jobs, one per line, and a line of counts."""
        counts: dict[str, int] = {}
        lines = []
        for outcome in self.outcomes:
            counts[outcome.state] = counts.get(outcome.state, 0) + 1
            lines.append(f"{outcome.state:13}  {outcome.spec.name}  {outcome.detail}")
        total = ", ".join(f"{count} {state}" for state, count in counts.items())
        return "\n".join([*lines, total])


def _time_left(started: float, number: int, total: int) -> str:
    if number == 1:
        return ""
    left = (time.monotonic() - started) / (number - 1) * (total - number + 1)
    minutes, seconds = divmod(round(left), 60)
    return f"  (about {minutes}:{seconds:02} left)"


def _refuse_repeated(specs: Sequence[Spec]) -> None:
    seen: set[str] = set()
    for spec in specs:
        if spec.identity in seen:
            raise BenchError(f"{spec.name}: listed twice in this sweep; drop one of the values")
        seen.add(spec.identity)
