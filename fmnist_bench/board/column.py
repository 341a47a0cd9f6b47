"""The runs of one row on one dataset."""

from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.board.collect import Run

RANKED_SEEDS = 5
PROVISIONAL_SEEDS = 3


@dataclass(frozen=True)
class Column:
    """One row's runs on one dataset; `planned` is 0 where the row plans none.

    `failed` holds the seeds that have a failed run and no finished one.
    """

    planned: int
    runs: tuple[Run, ...]
    failed: tuple[int, ...]

    @property
    def complete(self) -> bool:
        """Whether every planned seed has finished."""
        return bool(self.runs) and not self.missing

    @property
    def missing(self) -> tuple[int, ...]:
        """Planned seeds without a finished run, the first hundred of them."""
        done = {run.record.seed for run in self.runs}
        # A record may plan any number of seeds.
        return tuple(islice((seed for seed in range(self.planned) if seed not in done), 100))

    @property
    def status(self) -> str:
        """How far its runs carry the row on this dataset."""
        count = len(self.runs)
        if not count:
            return "no result"
        if not self.complete:
            return "incomplete"
        if count >= RANKED_SEEDS:
            return "ranked"
        if count >= PROVISIONAL_SEEDS:
            return "provisional"
        return "single run" if count == 1 else f"{count} runs"

    @property
    def gap(self) -> str:
        """Say what is missing: `4/5, 1 failed`; empty if nothing is."""
        if not self.missing and not self.failed:
            return ""
        done = f"{sum(run.record.seed < self.planned for run in self.runs)}/{self.planned}"
        return f"{done}, {len(self.failed)} failed" if self.failed else done

    @cached_property
    def correct(self) -> NDArray[np.bool_]:
        """Correctness of every run on every image, shape (runs, 10000)."""
        return np.stack([run.hits for run in self.runs])

    @cached_property
    def accuracies(self) -> NDArray[np.float64]:
        """Accuracy in [0, 1] of every run, shape (runs,)."""
        return np.array([run.hits.mean() for run in self.runs], np.float64)

    @cached_property
    def mean(self) -> float:
        """Mean accuracy over the runs; one division of whole counts, so it is exact."""
        return int(self.correct.sum()) / self.correct.size

    @property
    def timed(self) -> tuple[float, ...]:
        """Seconds of every run as a speed record is timed; empty unless all runs were."""
        seconds = [run.record.timed_seconds for run in self.runs]
        timed = tuple(each for each in seconds if each is not None)
        return timed if len(timed) == len(seconds) else ()
