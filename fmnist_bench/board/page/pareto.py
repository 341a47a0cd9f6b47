"""Which rows no other row beats in both accuracy and cost."""

from collections.abc import Mapping
from typing import TypeVar

K = TypeVar("K")


def pareto_front(points: Mapping[K, tuple[float, float]]) -> list[K]:
    """Return the keys of the points on the Pareto front, cheapest first.

    A point is (cost, accuracy). It is on the front when no other has at most its cost and
    at least its accuracy, one of them strictly better; equal points are on it together.
    """
    front: list[K] = []
    best = float("-inf")
    corner: tuple[float, float] | None = None
    for key, point in sorted(points.items(), key=lambda item: (item[1][0], -item[1][1])):
        if point[1] > best or point == corner:
            front.append(key)
            best, corner = point[1], point
    return front
