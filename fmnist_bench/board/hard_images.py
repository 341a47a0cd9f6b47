"""The test images that most rows get wrong, those that one row gets wrong, and as what."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.board.column import Column
from fmnist_bench.board.rows import BoardRow
from fmnist_bench.data.facts import dataset_facts
from fmnist_bench.data.labels import test_labels
from fmnist_bench.errors import BenchError

LEAST_ACCURACY = 0.5
"""Rows below this mean accuracy do not vote: a class prior or a diverged net finds no image hard.

Chance is 0.1; every net that learned anything on either dataset is above 0.8.
"""


@dataclass(frozen=True)
class VotedImage:
    """One test image. `votes` are (class, share of rows), most votes first."""

    index: int
    label: int
    share_wrong: float
    votes: tuple[tuple[int, float], ...]

    @property
    def taken_for(self) -> int:
        """The wrong class that most rows vote for."""
        return next(voted for voted, _ in self.votes if voted != self.label)


@dataclass(frozen=True)
class HardImages:
    """`images`, hardest first, and the titles of the rows that voted."""

    images: tuple[VotedImage, ...]
    rows: tuple[str, ...]


@dataclass(frozen=True)
class MissedImage:
    """One test image that a row gets wrong: its label, and the wrong class of most runs.

    `wrong` counts the runs that get it wrong; `confidence` is their mean, in [0, 1].
    """

    index: int
    label: int
    taken_for: int
    wrong: int
    confidence: float


def hard_images(rows: Sequence[BoardRow], dataset: str, count: int = 24) -> HardImages:
    """Return up to `count` test images of `dataset` that more than half of `rows` get wrong.

    Each row has one vote, however many runs it has: the class that most of its runs
    predict, of two such classes the one they are surer of in sum. Rows below
    `LEAST_ACCURACY` have none. Hardest is what most rows get wrong; then what most of them
    take for one same wrong class, the mark of a wrong label; then what they are surest of;
    then the lower index.

    Raises:
        BenchError: no row can vote.
    """
    columns = ((row.title, row.columns[dataset]) for row in rows)
    voting = {title: each for title, each in columns if each.runs and each.mean >= LEAST_ACCURACY}
    if not voting:
        title = dataset_facts(dataset).title
        raise BenchError(
            f"hard images: no row with a {title} accuracy of {LEAST_ACCURACY:.0%} or more; "
            "train one, or name other --results"
        )
    labels, size = test_labels(dataset), len(dataset_facts(dataset).class_names)
    ballots = [row_votes(column, size) for column in voting.values()]
    classes, sureness = (np.stack(part) for part in zip(*ballots, strict=True))
    shares = np.stack([(classes == label).mean(axis=0) for label in range(size)], axis=1)
    wrong = np.where(np.arange(size) == labels[:, None], 0.0, shares)
    share_wrong = (classes != labels).mean(axis=0)
    sure = np.where(classes != labels, sureness, 0.0).mean(axis=0)
    # The last key sorts first; lexsort is stable, so what ties stays in order of index.
    order = np.lexsort((-sure, -wrong.max(axis=1), -share_wrong))
    chosen = order[share_wrong[order] > 0.5][:count]
    images = tuple(
        VotedImage(int(i), int(labels[i]), float(share_wrong[i]), _votes(shares[i])) for i in chosen
    )
    return HardImages(images, tuple(voting))


def missed_images(column: Column, count: int = 8) -> tuple[MissedImage, ...]:
    """Return up to `count` images wrong in most of a row's runs, then the surest mistakes.

    Empty for rows below `LEAST_ACCURACY`, to which every image is hard.
    """
    labels = column.dataset.labels
    if labels is None or not column.runs or column.mean < LEAST_ACCURACY:
        return ()
    classes, confidence = _predicted(column)
    missed = classes != labels
    wrong = missed.sum(axis=0)
    sure = np.where(missed, confidence, 0).sum(axis=0) / np.maximum(wrong, 1)
    order = np.lexsort((-sure, -wrong))[:count]
    return tuple(
        MissedImage(
            index=int(i),
            label=int(labels[i]),
            taken_for=int(np.bincount(classes[missed[:, i], i]).argmax()),
            wrong=int(wrong[i]),
            confidence=float(sure[i]),
        )
        for i in order[wrong[order] > 0]
    )


def _predicted(column: Column) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return class and confidence of every run for every image, shape (runs, images) each."""
    predictions = [run.predictions for run in column.runs if run.predictions is not None]
    classes = np.stack([each.classes for each in predictions]).astype(np.int64)
    return classes, np.stack([each.confidence for each in predictions]).astype(np.float64)


def row_votes(column: Column, size: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the class that each image gets from a row's runs, and their mean sureness of it."""
    classes, confidence = _predicted(column)
    runs, images = classes.shape
    cells = (classes + np.arange(images) * size).ravel()
    counts = np.bincount(cells, minlength=size * images).reshape(images, size)
    sums = np.bincount(cells, confidence.ravel(), size * images).reshape(images, size)
    # Sums are at most `runs`, so they decide only between equal counts.
    voted = (counts + sums / (runs + 1)).argmax(axis=1)
    return voted, sums[np.arange(images), voted] / runs


def _votes(shares: NDArray[np.float64]) -> tuple[tuple[int, float], ...]:
    order = np.argsort(-shares, kind="stable")
    return tuple((int(each), float(shares[each])) for each in order if shares[each] > 0)
