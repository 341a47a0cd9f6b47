"""Accuracy against what it costs: each row of a board as a point, and the Pareto front."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean
from typing import TYPE_CHECKING

from fmnist_bench.board.hard_images import LEAST_ACCURACY
from fmnist_bench.board.standings import Board, Standing
from fmnist_bench.board.terminal import plain

if TYPE_CHECKING:
    pass

COSTS = {
    "parameters": "parameters",
    "macs": "multiply-accumulates per image",
    "seconds": "training time of a run (s)",
}
"""Kind of cost -> label of its axis."""


@dataclass(frozen=True)
class Point:
    """One row: accuracies in [0, 1], the interval's bounds, and its costs by kind.

    A cost is None where it was not measured. `claimed` holds what is reported for the row,
    `hardware` the processors that its runs were timed on.
    """

    title: str
    accuracy: float
    low: float
    high: float
    costs: dict[str, float | None]
    claimed: tuple[float, ...]
    hardware: str


def points_of(board: Board) -> list[Point]:
    """Return a point for each row of `board` with an accuracy of `LEAST_ACCURACY` or more.

    The interval is the 95 % one over seeds and images; of a single run, over images alone.
    """
    kept = [
        standing
        for standing in board.standings
        if standing.row.fashion.runs and standing.row.fashion.mean >= LEAST_ACCURACY
    ]
    points = [_point(standing) for standing in kept]
    return sorted(points, key=lambda point: (-point.accuracy, point.title))


def pareto_front(costs: Sequence[float], accuracies: Sequence[float]) -> list[int]:
    """Return the places of the points that no other beats, cheapest first.

    A point is beaten by one that is at least as accurate and at most as costly, and better
    in one of the two.
    """
    order = sorted(range(len(costs)), key=lambda place: (costs[place], -accuracies[place]))
    front = order[:1]
    for place in order[1:]:
        last = front[-1]
        twin = (costs[place], accuracies[place]) == (costs[last], accuracies[last])
        if twin or accuracies[place] > accuracies[last]:
            front.append(place)
    return front


def _point(standing: Standing) -> Point:
    column = standing.row.fashion
    interval = standing.total or standing.images
    assert interval is not None, "the row has a run"
    records = [run.record for run in column.runs]
    times = [each.train_seconds for each in records if each.train_seconds is not None]
    costs: dict[str, float | None] = {
        "parameters": records[0].parameters,
        "macs": records[0].macs,
        "seconds": mean(times) if times else None,
    }
    claims = (claim.accuracy("fashion_mnist") for claim in standing.claims)
    claimed = tuple(sorted({claim for claim in claims if claim is not None}))
    title = plain(standing.row.title)
    return Point(
        title, column.mean, interval.low, interval.high, costs, claimed, standing.row.hardware
    )
