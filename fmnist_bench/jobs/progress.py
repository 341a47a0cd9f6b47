"""How far a sweep is, and how long the rest will take."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from statistics import mean

from fmnist_bench.jobs.job import Outcome
from fmnist_bench.jobs.layout import clock
from fmnist_bench.records.spec import Spec


class Progress:
    """Says one line per job of `todo`.

    Rows differ in cost by a factor of a thousand, so a job is expected to take as long as
    the runs of its row and dataset did, in this sweep or before (`earlier`).
    """

    def __init__(
        self, say: Callable[[str], None], todo: Sequence[Spec], earlier: Iterable[Outcome]
    ) -> None:
        self.say = say
        self._waiting = Counter(map(_row, todo))
        self._total = len(todo)
        self._seconds: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
        self._worked = 0.0
        self._started = time.monotonic()
        for outcome in earlier:
            self._learn(outcome)

    def starting(self, spec: Spec) -> None:
        """Say that the job of `spec` starts; for jobs that run one after another."""
        self._line(self._total - self._waiting.total() + 1, spec.name)

    def ended(self, outcome: Outcome, *, aloud: bool) -> None:
        """Count a job that ended, and say so if `aloud`; for jobs that run side by side."""
        self._waiting[_row(outcome.spec)] -= 1
        self._worked += self._learn(outcome)
        if aloud:
            text = f"{outcome.state}  {outcome.spec.name}  {outcome.detail}"
            self._line(self._total - self._waiting.total(), text)

    def seconds_left(self) -> float | None:
        """Return the expected wall time until all jobs are done, None while nothing is known."""
        known = {row: mean(seconds) for row, seconds in self._seconds.items()}
        if not known:
            return None
        unknown = mean(known.values())
        work = sum(known.get(row, unknown) * count for row, count in self._waiting.items())
        # Jobs side by side do more than a second of work in a second.
        pace = self._worked / (time.monotonic() - self._started) if self._worked else 1.0
        return work / pace

    def _learn(self, outcome: Outcome) -> float:
        if outcome.seconds is None:
            return 0.0
        if outcome.ok:  # a failed run says little about how long a whole one takes
            self._seconds[_row(outcome.spec)].append(outcome.seconds)
        return outcome.seconds

    def _line(self, number: int, text: str) -> None:
        left = self.seconds_left() if self._waiting.total() else None
        ending = "" if left is None else f"  (about {clock(left)} left)"
        self.say(f"[{number}/{self._total}] {text}{ending}")


def _row(spec: Spec) -> tuple[str, str]:
    return spec.config["row"]["name"], spec.dataset
