"""Whether runs trained again are equivalent to a row, and how many that takes.

Two one-sided t tests (Schuirmann, J. Pharmacokinetics and Biopharmaceutics 15, 1987) at 5 % each
of the difference of two means against a margin: equivalence is shown where the 90 % interval
of the difference lies inside. A re-run that merely does not differ shows nothing, since one with
fewer seeds differs less. With the variance pooled, the power at no difference is an integral over
its distribution; it is worked out exactly, and checked by simulation in the tests.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MARGIN = 0.005
"""Difference of mean accuracies, 0.5 points, below which two rows are the same."""

ALPHA = 0.05
POWER = 0.8
FEWEST = 2
_SHARES = (np.arange(400) + 0.5) / 400


@dataclass(frozen=True)
class Equivalence:
    """Mean accuracy of re-runs minus that of the row, with its 90 % interval."""

    difference: float
    low: float
    high: float

    @property
    def shown(self) -> bool:
        return self.low > -MARGIN and self.high < MARGIN


def equivalence(row: NDArray[np.float64], again: NDArray[np.float64]) -> Equivalence:
    """Compare accuracies in [0, 1] of a row and of re-runs, two or more of each."""
    from scipy.special import stdtrit

    n, k = len(row), len(again)
    freedom = n + k - 2
    pooled = ((n - 1) * row.var(ddof=1) + (k - 1) * again.var(ddof=1)) / freedom
    half = stdtrit(freedom, 1 - ALPHA) * (pooled * (1 / n + 1 / k)) ** 0.5
    difference = float(again.mean() - row.mean())
    return Equivalence(difference, float(difference - half), float(difference + half))


def power(std: float, row: int, again: int) -> float:
    """Return how often `again` re-runs are found equivalent to a row of `row` runs that they are.

    `std` is the standard deviation of the accuracy over seeds.
    """
    from scipy.special import gammaincinv, ndtr, stdtrit

    if std == 0:
        return 1.0
    freedom = row + again - 2
    error = std * (1 / row + 1 / again) ** 0.5
    spreads = np.sqrt(2 * gammaincinv(freedom / 2, _SHARES) / freedom)
    room = MARGIN / error - stdtrit(freedom, 1 - ALPHA) * spreads
    return float(np.maximum(2 * ndtr(room) - 1, 0).mean())


def seeds_wanted(std: float, row: int) -> int:
    """Return how many of a row's seeds have to be trained again: enough for `POWER`, or all."""
    counts = range(FEWEST, row)
    return next((count for count in counts if power(std, row, count) >= POWER), max(row, FEWEST))


def drawn(seeds: Iterable[int], predictions: Iterable[str | None]) -> list[int]:
    """Return `seeds` in the order in which they are to be trained again.

    It follows from the digests of all the row's `predictions`, so that whoever submits a row
    does not choose.
    """
    submission = ",".join(sorted(map(str, predictions)))

    def place(seed: int) -> bytes:
        return hashlib.sha256(f"{submission}:{seed}".encode()).digest()

    return sorted(seeds, key=place)
