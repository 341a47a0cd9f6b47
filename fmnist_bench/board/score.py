"""Answers from anywhere beside the rows of a board: accuracy, place, paired tests, mistakes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.board.answers import Answers
from fmnist_bench.board.dataset import Dataset
from fmnist_bench.board.hard_images import LEAST_ACCURACY
from fmnist_bench.board.intervals import LEVEL, Interval, image_interval, spread
from fmnist_bench.board.standings import Board
from fmnist_bench.board.ties import ALPHA, RankRange, paired_tests

_HARDEST = 20


@dataclass(frozen=True)
class Against:
    """Answers minus one row: difference of accuracy, its 95 % interval, p without correction."""

    row: str
    rank: str
    difference: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class Mistake:
    """A test image that most of the answers get wrong; `rows_right` is the share of runs,
    in rows that learned anything, that get it right.
    """

    image: int
    label: str
    answer: str
    rows_right: float


@dataclass(frozen=True)
class ScoreCard:
    """What answers are worth; accuracies in [0, 1], `loss` in nats an image where it is known.

    `rank` is where they would stand among the `ranked` rows, by their accuracy alone and by tests
    against each with Holm's correction. `mistakes` are those that fewest rows share.
    """

    dataset: str
    runs: int
    accuracy: float
    interval: Interval
    loss: float | None
    place: int
    rank: RankRange
    ranked: int
    against: tuple[Against, ...]
    classes: dict[str, float]
    mistakes: tuple[Mistake, ...]


def score(answers: Sequence[Answers], board: Board, dataset: Dataset) -> ScoreCard:
    """Score `answers`, one for each run of a net, on the published `dataset` beside `board`."""
    labels = dataset.labels
    assert labels is not None, "published datasets have labels"
    correct = np.stack([each.classes == labels for each in answers])
    columns = [(each.row.title, each.row.columns[dataset.key]) for each in board.standings]
    rows = [(title, column) for title, column in columns if column.scored]
    hits = [correct, *(column.correct for _, column in rows)]
    tests = paired_tests(
        np.stack([each.sum(axis=0) for each in hits]).astype(float),
        [spread(correct), *(column.spread for _, column in rows)],
    )
    ranked = np.array([column.status == "ranked" for _, column in rows], bool)
    difference, p = tests.difference[0, 1:], tests.p[0, 1:]
    half = _quantile(tests.freedom[0, 1:]) * np.sqrt(tests.variance[0, 1:])
    apart = _holm(p[ranked])
    above = int((apart & (difference[ranked] < 0)).sum())
    below = int((apart & (difference[ranked] > 0)).sum())
    accuracy = float(correct.mean())
    return ScoreCard(
        dataset=dataset.title,
        runs=len(answers),
        accuracy=accuracy,
        interval=image_interval(accuracy, len(labels)),
        loss=_loss(answers, labels),
        place=1 + int((difference[ranked] < 0).sum()),
        rank=RankRange(1 + above, int(ranked.sum()) + 1 - below),
        ranked=int(ranked.sum()),
        against=tuple(
            Against(
                title,
                str(column.rank or column.status),
                float(difference[i]),
                float(difference[i] - half[i]),
                float(difference[i] + half[i]),
                float(p[i]),
            )
            for i, (title, column) in enumerate(rows)
        ),
        classes={
            name: float(correct[:, labels == number].mean())
            for number, name in enumerate(dataset.class_names)
        },
        mistakes=_mistakes(answers, correct, hits[1:], dataset),
    )


def grade(card: ScoreCard) -> dict[str, Any]:
    """Return what course graders (Gradescope and its like) read as results.json."""
    percent = round(100 * card.accuracy, 2)
    return {
        "score": percent,
        "output": f"{percent:.2f} % of the {card.dataset} test images; rank {card.rank} of "
        f"{card.ranked + 1}",
        "leaderboard": [
            {"name": "Accuracy, %", "value": percent},
            {"name": "Rank", "value": card.place, "order": "asc"},
        ],
        "tests": [
            {"name": name, "score": round(100 * share, 2), "max_score": 100}
            for name, share in card.classes.items()
        ],
    }


def _loss(answers: Sequence[Answers], labels: NDArray[np.uint8]) -> float | None:
    known = [each.probabilities for each in answers if each.probabilities is not None]
    if len(known) < len(answers):
        return None
    own = np.stack([each[np.arange(len(labels)), labels] for each in known])
    return float(-np.log(np.maximum(own, np.finfo(np.float32).tiny)).mean())


def _quantile(freedom: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.special import stdtrit

    return np.asarray(stdtrit(freedom, (1 + LEVEL) / 2))


def _holm(p: NDArray[np.float64]) -> NDArray[np.bool_]:
    from statsmodels.stats.multitest import multipletests

    return np.asarray(multipletests(p, alpha=ALPHA, method="holm")[0] if len(p) else p > 0)


def _mistakes(
    answers: Sequence[Answers],
    correct: NDArray[np.bool_],
    rows: Sequence[NDArray[np.bool_]],
    dataset: Dataset,
) -> tuple[Mistake, ...]:
    """Return what most answers get wrong and fewest `rows`; of equals, the surest first."""
    assert dataset.labels is not None, "published datasets have labels"
    labels, names = dataset.labels, dataset.class_names
    wrong = np.flatnonzero(correct.mean(axis=0) < 0.5)
    able = [each.mean(axis=0) for each in rows if each.mean() >= LEAST_ACCURACY]
    right = np.mean(able or [np.zeros(len(labels))], axis=0)
    sure = np.zeros(len(labels))
    for each in answers:
        if each.probabilities is not None:
            sure += each.probabilities.max(axis=1)
    chosen = wrong[np.lexsort((-sure[wrong], -right[wrong]))][:_HARDEST]
    said = [int(np.bincount([each.classes[i] for each in answers]).argmax()) for i in chosen]
    return tuple(
        Mistake(int(image), names[int(labels[image])], names[voted], float(right[image]))
        for image, voted in zip(chosen, said, strict=True)
    )
