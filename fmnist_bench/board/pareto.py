"""Which rows no other row beats in both accuracy and cost."""

from collections.abc import Mapping
from typing import TypeVar

K = TypeVar("K")
Point = tuple[float, float]


def pareto_front(points: Mapping[K, Point]) -> list[K]:
    """Return the keys of the points on the Pareto front, cheapest first.

    A point is (cost, accuracy). It is on the front when no other has at most its cost and
    at least its accuracy, one of them strictly better; equal points are on it together.
    """

    def beaten(by: Point, point: Point) -> bool:
        return by != point and by[0] <= point[0] and by[1] >= point[1]

    front = [k for k, p in points.items() if not any(beaten(other, p) for other in points.values())]
    return sorted(front, key=lambda key: points[key])
