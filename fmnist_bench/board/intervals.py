"""95 % intervals of a row's accuracy: over seeds, over test images, over both.

Each interval speaks of another population. Seeds: the mean accuracy on these 10,000
images over all seeds. Images: the accuracy of one trained net on all images like
these. Total: the mean accuracy over all seeds on all images; it is the widest, and the
one that says what the next run on new images would be centred on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.board.bootstrap import TwoLevelBootstrap, stretched

LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """Bounds of an accuracy in [0, 1]."""

    low: float
    high: float


@dataclass(frozen=True)
class Spread:
    """Variances of a mean accuracy over n seeds and N images, and what they rest on.

    `seeds` is the variance of the run accuracies over n, `images` that of the per-image
    means over N. Each contains the interaction of seeds and images, `both`, once. Of a
    single run only `images` is known; the others are 0.
    """

    seeds: float
    images: float
    both: float
    runs: int
    size: int

    @property
    def total(self) -> float:
        """Unbiased variance of the mean when seeds and images are both drawn anew.

        The estimate for two crossed random factors: Gallas 2006, "One-shot estimate of
        MRMC variance", Academic Radiology 13(3), with seeds for readers. It cannot be
        less than the interaction alone.
        """
        return max(self.seeds + max(self.images - self.both, 0.0), self.both)

    @property
    def doubt(self) -> float:
        """Variance of the variance, up to a factor of 2 that cancels in `freedom`."""
        return self.seeds**2 / max(self.runs - 1, 1) + self.images**2 / (self.size - 1)

    @property
    def freedom(self) -> float:
        """Degrees of freedom of `total` after Satterthwaite (1946), at least 1."""
        return max(self.total**2 / self.doubt, 1.0) if self.doubt else float(self.size - 1)


def spread(correct: NDArray[np.bool_]) -> Spread:
    """Return the variance components of `correct`, shape (runs, images)."""
    runs, size = correct.shape
    by_run, by_image = correct.mean(axis=1), correct.mean(axis=0)
    mean = float(correct.mean())
    images = float(by_image.var(ddof=1)) / size
    if runs == 1:
        return Spread(0.0, images, 0.0, runs, size)
    around = mean * (1 - mean) - float(by_run.var()) - float(by_image.var())
    both = max(around, 0.0) / ((runs - 1) * (size - 1))
    return Spread(float(by_run.var(ddof=1)) / runs, images, both, runs, size)


def seed_interval(accuracies: NDArray[np.float64]) -> Interval:
    """Student's t interval of the mean of two accuracies or more."""
    from scipy.special import stdtrit

    count = len(accuracies)
    half = stdtrit(count - 1, (1 + LEVEL) / 2) * accuracies.std(ddof=1) / count**0.5
    return _clipped(accuracies.mean() - half, accuracies.mean() + half)


def image_interval(accuracy: float, images: int) -> Interval:
    """Wilson's interval of the accuracy that `images` test images showed."""
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(accuracy * images, images, alpha=1 - LEVEL, method="wilson")
    return Interval(float(low), float(high))


def total_intervals(rows: Sequence[NDArray[np.bool_]], spreads: Sequence[Spread]) -> list[Interval]:
    """Return the interval over seeds and images of each row, shape (runs, images)."""
    if not rows:
        return []
    replicates = TwoLevelBootstrap(rows[0].shape[1]).means(rows)
    return [
        _clipped(*stretched(means, float(row.mean()), variance.total, variance.freedom, LEVEL))
        for means, row, variance in zip(replicates, rows, spreads, strict=True)
    ]


def _clipped(low: float, high: float) -> Interval:
    return Interval(max(float(low), 0.0), min(float(high), 1.0))
