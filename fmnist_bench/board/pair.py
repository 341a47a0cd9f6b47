"""One pair of rows in full: difference, interval, test, and where they disagree."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.board.bootstrap import TwoLevelBootstrap, stretched
from fmnist_bench.board.column import Column
from fmnist_bench.board.intervals import LEVEL
from fmnist_bench.board.ties import paired_tests


@dataclass(frozen=True)
class Difference:
    """The first row against the second on one dataset; accuracies in [0, 1].

    `interval` is the 95 % interval of the difference over seeds and images, or over images
    alone when `seeds_counted` is false: a single run shows no spread of its own. `p`
    tests for no difference: McNemar's exact test between two single runs, else the
    paired test of the board, without Holm's correction. `images` are the test images
    that most runs of one row get right and most of the other's wrong, clearest first.
    """

    mean: float
    interval: tuple[float, float]
    p: float
    test: str
    seeds_counted: bool
    images: NDArray[np.int64]
    per_class: NDArray[np.float64]


def compare(first: Column, second: Column) -> Difference:
    """Compare two columns of the same published dataset, each with a run or more."""
    labels = first.dataset.labels
    assert labels is not None, f"{first.dataset.key} has no published labels"
    rows = [first.correct, second.correct]
    hits = np.stack([row.sum(axis=0) for row in rows]).astype(np.float64)
    tests = paired_tests(hits, [first.spread, second.spread])
    mean = first.mean - second.mean
    one, two = TwoLevelBootstrap(len(labels)).means(rows)
    variance, freedom = float(tests.variance[0, 1]), float(tests.freedom[0, 1])
    single = len(first.runs) == len(second.runs) == 1
    shares = [row.mean(axis=0) for row in rows]
    gap = shares[0] - shares[1]
    apart = np.flatnonzero((shares[0] > 0.5) != (shares[1] > 0.5))
    return Difference(
        mean=mean,
        interval=stretched(one - two, mean, variance, freedom, LEVEL),
        p=mcnemar_p(*rows) if single else float(tests.p[0, 1]),
        test="McNemar's exact test" if single else "paired t test over images and seeds",
        seeds_counted=min(len(first.runs), len(second.runs)) > 1,
        images=apart[np.argsort(-np.abs(gap[apart]), kind="stable")],
        per_class=np.array(
            [gap[labels == label].mean() for label in range(len(first.dataset.class_names))]
        ),
    )


def mcnemar_p(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Return the exact p value of equal accuracy of two single runs, shape (1, images)."""
    from statsmodels.stats.contingency_tables import mcnemar

    table = [
        [int((first & second).sum()), int((first & ~second).sum())],
        [int((~first & second).sum()), int((~first & ~second).sum())],
    ]
    return float(mcnemar(table, exact=True).pvalue)


def votes(column: Column, image: int) -> list[tuple[int, int]]:
    """Return (class, runs that predict it) for one image, most votes first."""
    predicted = [int(run.predictions.classes[image]) for run in column.runs if run.predictions]
    counts = np.bincount(predicted)
    return [(int(c), int(counts[c])) for c in np.argsort(-counts, kind="stable") if counts[c]]
