"""The test images that one row's runs get wrong, and are surest of."""

from dataclasses import dataclass

import numpy as np

from fmnist_bench.board.column import Column
from fmnist_bench.board.confusion import CLASSES
from fmnist_bench.board.hard_images import LEAST_ACCURACY
from fmnist_bench.data.labels import test_labels


@dataclass(frozen=True)
class Hardest:
    """One test image: its index and label, and the wrong class that most runs predict.

    `wrong` counts the runs that get it wrong; `confidence` is their mean, in [0, 1].
    """

    index: int
    label: int
    taken_for: int
    wrong: int
    confidence: float


def hardest(column: Column, dataset: str, count: int = 8) -> tuple[Hardest, ...]:
    """Return up to `count` images wrong in most runs, then those with the surest mistakes.

    Empty for rows below `LEAST_ACCURACY`, to which every image is hard.
    """
    runs = [run.predictions for run in column.runs if run.predictions is not None]
    if not runs or column.mean < LEAST_ACCURACY:
        return ()
    classes = np.stack([run.classes for run in runs]).astype(np.int64)
    confidence = np.stack([run.confidence for run in runs]).astype(np.float64)
    labels = test_labels(dataset)
    missed = classes != labels
    wrong = missed.sum(axis=0)
    sure = np.where(missed, confidence, 0).sum(axis=0) / np.maximum(wrong, 1)
    order = np.lexsort((-sure, -wrong))[:count]  # the last key sorts first
    found = []
    for i in order[wrong[order] > 0]:
        votes = np.bincount(classes[missed[:, i], i], minlength=CLASSES)
        label, taken_for = int(labels[i]), int(votes.argmax())
        found.append(Hardest(int(i), label, taken_for, int(wrong[i]), float(sure[i])))
    return tuple(found)
