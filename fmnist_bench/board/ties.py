"""Which rows can be told apart: paired tests on the same images, Holm, rank ranges."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.board.intervals import Spread

ALPHA = 0.05


@dataclass(frozen=True)
class Paired:
    """Row by row, all shape (rows, rows): difference of mean accuracy, its variance, p."""

    difference: NDArray[np.float64]
    variance: NDArray[np.float64]
    freedom: NDArray[np.float64]
    p: NDArray[np.float64]


def paired_tests(hits: NDArray[np.float64], spreads: list[Spread]) -> Paired:
    """Test every pair of rows for equal mean accuracy.

    `hits` has shape (rows, images): how many of a row's runs got an image right;
    `spreads` are the rows' variances.

    The test is Student's on the paired difference of per-image mean correctness, whose
    variance over images is what a paired bootstrap of the images converges to; the
    closed form is used because Holm over thousands of pairs needs p values finer than
    any affordable number of replicates. The seeds' variance is added for both rows, and
    the interaction taken out once, as in `Spread.total`.
    """
    from scipy.special import stdtr

    size = hits.shape[1]
    runs = np.array([spread.runs for spread in spreads], float)
    mean = hits.sum(axis=1) / (runs * size)
    # Sums of whole counts: exact, so the same on every machine. Not `@`: threaded BLAS
    # takes seventy times as long over this product on a busy machine.
    joint = np.einsum("ai,bi->ab", hits, hits) / (runs[:, None] * runs[None, :] * size)
    covariance = (joint - mean[:, None] * mean[None, :]) * size / (size - 1)
    own = np.diag(covariance)
    images = np.maximum((own[:, None] + own[None, :] - 2 * covariance) / size, 0)
    seeds = np.array([spread.seeds for spread in spreads])
    both = np.array([spread.both for spread in spreads])
    by_both = both[:, None] + both[None, :]
    by_seed = seeds[:, None] + seeds[None, :]
    variance = np.maximum(by_seed + np.maximum(images - by_both, 0), by_both)
    doubt_seeds = seeds**2 / np.maximum(runs - 1, 1)
    doubt = images**2 / (size - 1) + doubt_seeds[:, None] + doubt_seeds[None, :]
    difference = mean[:, None] - mean[None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = np.where(doubt > 0, np.maximum(variance**2 / doubt, 1), size - 1)
        score = np.where(variance > 0, np.abs(difference) / np.sqrt(variance), 0)
    return Paired(difference, variance, freedom, 2 * stdtr(freedom, -score))


def better(tests: Paired) -> NDArray[np.bool_]:
    """Return (rows, rows): whether the first is significantly better than the second.

    Holm's correction runs over all pairs, at a family-wise error of `ALPHA`.
    """
    from statsmodels.stats.multitest import multipletests

    count = len(tests.p)
    apart = np.zeros((count, count), bool)
    upper = np.triu_indices(count, 1)
    if len(upper[0]):
        rejected = multipletests(tests.p[upper], alpha=ALPHA, method="holm")[0]
        apart[upper] = rejected
        apart |= apart.T
    return apart & (tests.difference > 0)


@dataclass(frozen=True)
class RankRange:
    """Best and worst rank, from 1, that the tests leave open to a row."""

    best: int
    worst: int

    def __str__(self) -> str:
        return str(self.best) if self.best == self.worst else f"{self.best}-{self.worst}"


def rank_ranges(better: NDArray[np.bool_]) -> list[RankRange]:
    """Return each row's rank range from the matrix of `better`, rows in order of their means.

    A range is widened where a row of lower mean, whose runs spread more, may stand higher: so
    ranges go down with the means.
    """
    best = np.minimum.accumulate(1 + better.sum(axis=0)[::-1])[::-1]
    worst = np.maximum.accumulate(len(better) - better.sum(axis=1))
    return [RankRange(int(each), int(last)) for each, last in zip(best, worst, strict=True)]
