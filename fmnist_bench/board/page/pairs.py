"""What the page needs to compare two rows and to show any test image: tests, and wrong votes."""

from string import ascii_letters, digits
from typing import Any

import numpy as np

from fmnist_bench.board.column import Column
from fmnist_bench.board.hard_images import LEAST_ACCURACY, row_votes
from fmnist_bench.board.intervals import LEVEL
from fmnist_bench.board.standings import Board
from fmnist_bench.board.ties import paired_tests

DIGITS = digits + ascii_letters + "-_"


def pairs_data(board: Board, dataset: str) -> dict[str, Any]:
    """Return the paired tests of all scored rows of `dataset`, which `rows` names by their place.

    `half` (95 % interval of the difference, in points) and `p` (without Holm's correction) have
    one value for each pair: row 0 with 1, 2, ..., then row 1 with 2, 3, ...
    """
    columns = [standing.row.columns[dataset] for standing in board.standings]
    places = [place for place, column in enumerate(columns) if column.scored]
    scored = [columns[place] for place in places]
    if len(scored) < 2:
        return {"rows": [], "half": [], "p": []}
    from scipy.special import stdtrit

    hits = np.stack([column.correct.sum(axis=0) for column in scored]).astype(float)
    tests = paired_tests(hits, [column.spread for column in scored])
    upper = np.triu_indices(len(scored), 1)
    half = 100 * stdtrit(tests.freedom[upper], (1 + LEVEL) / 2) * np.sqrt(tests.variance[upper])
    return {
        "rows": places,
        "half": [round(float(each), 2) for each in half],
        "p": [float(f"{each:.1e}") for each in tests.p[upper]],
    }


def wrong_votes(column: Column) -> str | None:
    """Return which images most of a row's runs get wrong, and as what; None if it has not learned.

    Two characters an image: the step from the image before, a digit of base 64 (with a `~` for
    each 64 more), and the class.
    """
    labels = column.dataset.labels
    if labels is None or not column.scored or column.mean < LEAST_ACCURACY:
        return None
    voted, _ = row_votes(column, len(column.dataset.class_names))
    images = np.flatnonzero(voted != labels)
    steps = np.diff(images, prepend=0)
    return "".join(
        "~" * (step // 64) + DIGITS[step % 64] + str(vote)
        for step, vote in zip(steps.tolist(), voted[images].tolist(), strict=True)
    )
