from hypothesis import given
from hypothesis import strategies as st

from fmnist_bench.board.pareto import pareto_front

POINTS = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=2), st.tuples(st.integers(0, 6), st.integers(0, 6))
)


@given(POINTS)
def test_the_front_is_what_no_point_dominates(points: dict[str, tuple[int, int]]) -> None:
    def dominated(one: tuple[int, int]) -> bool:
        return any(
            cost <= one[0] and accuracy >= one[1] and (cost, accuracy) != one
            for cost, accuracy in points.values()
        )

    front = pareto_front(points)
    assert sorted(front) == sorted(key for key, point in points.items() if not dominated(point))
    assert [points[key] for key in front] == sorted(points[key] for key in front)
