"""The runs of one row on one dataset."""

from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.board.collect import Run


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
