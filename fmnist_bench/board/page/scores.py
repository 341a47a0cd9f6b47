"""Each row's place and intervals on either dataset; the Markdown board ranks Fashion-MNIST only."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from fmnist_bench.board.column import Column
from fmnist_bench.board.intervals import (
    Interval,
    image_interval,
    seed_interval,
    spread,
    total_intervals,
)
from fmnist_bench.board.rows import BoardRow
from fmnist_bench.board.standings import Board, Key
from fmnist_bench.board.ties import RankRange, better, paired_tests, rank_ranges

_STANDING = ("ranked", "provisional", "1 run", "incomplete", "no result")


@dataclass(frozen=True)
class Score:
    """One row on one dataset. `order` is its place in the table, from 0.

    `status` is how far its runs on this dataset carry it, worded as on the board.
    """

    status: str
    order: int
    rank: RankRange | None
    seeds: Interval | None
    images: Interval | None
    total: Interval | None


def scores(board: Board, dataset: str) -> dict[Key, Score]:
    """Return the score of each row of `board` that has or plans runs on `dataset`.

    On Fashion-MNIST these are the board's own. On MNIST the same tests and intervals are
    taken over the MNIST runs.
    """
    if dataset == "fashion_mnist":
        return {
            each.row.key: Score(
                each.row.status, place, each.rank, each.seeds, each.images, each.total
            )
            for place, each in enumerate(board.standings)
        }
    rows = [each.row for each in board.standings if each.row.columns[dataset].planned]
    return _scores(rows, dataset)


def _scores(rows: list[BoardRow], dataset: str) -> dict[Key, Score]:
    statuses = {row.key: row.columns[dataset].status for row in rows}
    rows = sorted(rows, key=lambda row: _order(row, row.columns[dataset], statuses[row.key]))
    several = [row for row in rows if len(row.columns[dataset].runs) > 1]
    spreads = {row.key: spread(row.columns[dataset].correct) for row in several}
    correct = [row.columns[dataset].correct for row in several]
    totals = dict(zip(spreads, total_intervals(correct, list(spreads.values())), strict=True))
    ranked = [row for row in rows if statuses[row.key] == "ranked"]
    ranks: dict[Key, RankRange] = {}
    if ranked:
        hits = np.stack([row.columns[dataset].correct.sum(axis=0) for row in ranked])
        tests = paired_tests(hits.astype(float), [spreads[row.key] for row in ranked])
        keys = [row.key for row in ranked]
        ranks = dict(zip(keys, rank_ranges(better(tests)), strict=True))
    return {
        row.key: Score(
            status=statuses[row.key],
            order=place,
            rank=ranks.get(row.key),
            seeds=_over_seeds(row.columns[dataset]),
            images=_over_images(row.columns[dataset]),
            total=totals.get(row.key),
        )
        for place, row in enumerate(rows)
    }


def _order(row: BoardRow, column: Column, status: str) -> tuple[int, float, Iterable[str]]:
    place = _STANDING.index(status) if status in _STANDING else 2
    return place, -column.mean if column.runs else 0.0, row.key


def _over_seeds(column: Column) -> Interval | None:
    return seed_interval(column.accuracies) if len(column.runs) > 1 else None


def _over_images(column: Column) -> Interval | None:
    return image_interval(column.mean, column.correct.shape[1]) if column.runs else None
