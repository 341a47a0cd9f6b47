"""The rows of a board as points: how accurate, how surely, and at what cost."""

from typing import NamedTuple

from fmnist_bench.board.hard_images import LEAST_ACCURACY
from fmnist_bench.board.standings import Board, Standing
from fmnist_bench.board.terminal import plain

COSTS = {
    "parameters": "parameters",
    "macs": "multiply-accumulates per image",
    "flop": "operations of a training (FLOP)",
}
"""Kind of cost -> label of its axis."""


class Point(NamedTuple):
    """One row: accuracies in percent, `low` and `high` those of its interval, and its costs.

    A cost is None where it was not measured. `claimed` holds what is reported for the row.
    """

    title: str
    accuracy: float
    low: float
    high: float
    costs: dict[str, float | None]
    claimed: tuple[float, ...]


def points_of(board: Board) -> list[Point]:
    """Return a point for each row of `board` with an accuracy of `LEAST_ACCURACY` or more.

    The interval is the 95 % one over seeds and images; of a single run, over images alone.
    """
    fit = [each for each in board.standings if each.row.fashion.runs]
    return [_point(each) for each in fit if each.row.fashion.mean >= LEAST_ACCURACY]


def _point(standing: Standing) -> Point:
    row = standing.row
    interval = row.fashion.total or row.fashion.images
    assert interval is not None, "the row has a run"
    resources = row.fashion.resources
    assert resources is not None, "the row has a run"
    pflop = resources.training_pflop
    claims = {claim.accuracy("fashion_mnist") for claim in standing.claims}
    return Point(
        plain(row.title),
        accuracy=100 * row.fashion.mean,
        low=100 * interval.low,
        high=100 * interval.high,
        costs={
            "parameters": resources.parameters,
            "macs": resources.macs,
            # In units, which the axis gives its prefixes.
            "flop": None if pflop is None else pflop * 1e15,
        },
        claimed=tuple(sorted(100 * claim for claim in claims if claim is not None)),
    )
