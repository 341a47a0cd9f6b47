import pytest

from fmnist_bench.board import figures
from fmnist_bench.board.intervals import Interval
from fmnist_bench.board.resources import Times


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0, "0"),
        (999, "999"),
        (421_642, "422 k"),
        (999_499, "999 k"),
        (2_236_682, "2.24 M"),
        (129_100_000, "129 M"),
        (4_014_000_000, "4.01 G"),
    ],
)
def test_counts(value: int | None, text: str) -> None:
    assert figures.count(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "-"), (9.06, "9.1 s"), (59.94, "59.9 s"), (125.4, "2 min 5 s"), (12_000, "3 h 20 min")],
)
def test_durations(seconds: float | None, text: str) -> None:
    assert figures.duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0.0, "0"),
        (2.82e-5, "0.000028"),
        (0.699, "0.7"),
        (12.34, "12"),
        (1234.0, "1200"),
    ],
)
def test_operations_have_two_figures(value: float | None, text: str) -> None:
    assert figures.pflop(value) == text


def test_times_have_a_median_and_a_range() -> None:
    assert figures.times(Times.of([17.25, 18.5, 16.75, 900.0])) == "17.9 s (16.8 s to 15 min 0 s)"
    assert figures.times(Times.of([2.0])) == "2.0 s"
    assert figures.times(Times.of([None])) == "-"


def test_shares() -> None:
    assert figures.accuracy(0.93) == "0.9300"
    assert figures.percent(0.93128) == "93.13"
    assert figures.points(-0.0043) == "-0.43"
    assert figures.points(0.0043) == "+0.43"
    assert figures.bounds(Interval(0.9, 0.91234)) == "90.00 to 91.23"
    assert figures.accuracy(None) == figures.percent(None) == figures.bounds(None) == "-"
