"""The two-level bootstrap: seeds and test images drawn anew, many times."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

REPLICATES = 1000


class TwoLevelBootstrap:
    """Resamples images, the same ones for every row, and then each row's seeds.

    The plain percentile interval of two crossed factors is off both ways: it counts the
    interaction three times (Owen 2007, "The pigeonhole bootstrap", Annals of Applied
    Statistics 1(2)) and takes a few seeds' spread for the whole truth. So one seed fewer
    is drawn than there are (Rao and Wu 1988, JASA 83), and `stretched` widens what comes
    out. tests/board/test_coverage.py measures the coverage.
    """

    def __init__(self, images: int, replicates: int = REPLICATES) -> None:
        # RandomState, because its stream is the same in every version of numpy.
        self._random = np.random.RandomState(20170831)
        self._weights = np.empty((replicates, images), np.float32)
        for weights in self._weights:
            drawn = self._random.randint(images, size=images)
            weights[:] = np.bincount(drawn, minlength=images)

    def means(self, rows: Sequence[NDArray[np.bool_]]) -> list[NDArray[np.float64]]:
        """Return each row's mean accuracy in every replicate, shape (replicates,).

        A row has shape (runs, images); the seeds of a single run cannot be resampled.
        """
        # Whole numbers below 2**24, which float32 adds exactly and in any order. One
        # product for all rows, since a thin one waits for memory.
        hits = self._weights @ np.concatenate(rows).T.astype(np.float32)
        ends = np.cumsum([len(row) for row in rows])
        return [self._over_seeds(part) for part in np.split(hits, ends[:-1], axis=1)]

    def _over_seeds(self, hits: NDArray[np.float32]) -> NDArray[np.float64]:
        replicates, runs = hits.shape
        drawn = max(runs - 1, 1)
        picked = self._random.randint(runs, size=(replicates, drawn))
        sums = np.take_along_axis(hits, picked, axis=1).sum(axis=1, dtype=np.float64)
        return np.asarray(sums / (drawn * self._weights.shape[1]))


def stretched(
    replicates: NDArray[np.float64], centre: float, variance: float, freedom: float, level: float
) -> tuple[float, float]:
    """Return the bounds of a bootstrap interval of the right width, at confidence `level`.

    The replicates are stretched about `centre` by two factors: from their own variance to
    the unbiased `variance`, and from the normal to the t quantile at `freedom`. What
    remains of the bootstrap is its shape.
    """
    from scipy.special import ndtri, stdtrit

    quantile = (1 + level) / 2
    noise = float(replicates.std())
    widen = float(stdtrit(freedom, quantile) / ndtri(quantile))
    factor = widen * variance**0.5 / noise if noise else 0.0
    low, high = np.quantile(replicates, [1 - quantile, quantile])
    return centre + factor * (float(low) - centre), centre + factor * (float(high) - centre)
