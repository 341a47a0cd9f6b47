import math
from collections.abc import Callable

import pytest

from fmnist_bench.errors import BenchError
from fmnist_bench.perf.comparison import Comparison, Goal
from fmnist_bench.perf.rounds import images_per_second, measure_rounds


def silent(text: str) -> None:
    pass


def comparison(**sides: Callable[[], float]) -> Comparison:
    return Comparison(title="T", method="M", unit="images/s", sides=sides, goals=[])


@pytest.fixture(autouse=True)
def quiet_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("psutil.cpu_percent", lambda interval: 3.0)


def test_sides_take_turns_and_the_first_round_is_thrown_away() -> None:
    calls: list[str] = []

    def side(name: str) -> Callable[[], float]:
        def measure() -> float:
            calls.append(name)
            return float(len(calls))

        return measure

    measured = measure_rounds(comparison(a=side("a"), b=side("b")), 3, 0, silent)
    assert calls == ["a", "b"] * 4
    assert measured.figures == [{"a": 3, "b": 4}, {"a": 5, "b": 6}, {"a": 7, "b": 8}]


@pytest.mark.parametrize("figure", [0.0, -1.0, math.nan, math.inf])
def test_a_figure_that_is_no_positive_number_is_refused(figure: float) -> None:
    with pytest.raises(BenchError, match=r"T: b measured .* expected a positive number"):
        measure_rounds(comparison(a=lambda: 1.0, b=lambda: figure), 1, 0, silent)


def test_a_busy_machine_is_told_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = iter([2.0, 80.0, 4.0])
    monkeypatch.setattr("psutil.cpu_percent", lambda interval: next(busy))
    said: list[str] = []
    measured = measure_rounds(comparison(a=lambda: 1.0), 2, 0, said.append)
    assert measured.busy_percent == 80.0
    assert [line for line in said if "others" in line] == [
        "others use 80 % of the processor; the figures will suffer"
    ]


def test_a_round_waits_until_the_machine_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = iter([2.0, 80.0, 60.0, 5.0])
    monkeypatch.setattr("psutil.cpu_percent", lambda interval: next(busy))
    said: list[str] = []
    measured = measure_rounds(comparison(a=lambda: 1.0), 1, 60, said.append)
    assert measured.busy_percent == 5.0
    assert not any("others" in line for line in said)


def test_rate_counts_every_image_of_whole_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]

    def passes() -> None:
        clock[0] += 0.5

    class Batches:
        def __iter__(self):  # type: ignore[no-untyped-def]  # of (images, labels)
            for size in (4, 4, 2):
                passes()
                yield [0] * size, None

    monkeypatch.setattr("time.perf_counter", lambda: clock[0])
    # A pass of 10 images takes 1.5 s; the second begins before 2 s are over, a third does not.
    assert images_per_second(Batches(), 2.0) == pytest.approx(20 / 3.0)
    assert images_per_second(Batches(), 0.0) == pytest.approx(10 / 1.5)


@pytest.mark.parametrize(
    ("goal", "value", "met"),
    [
        (Goal(subject="a", peer="b", sense="at least", bound=2), 3.0, True),
        (Goal(subject="a", peer="b", sense="at least", bound=3), 3.0, True),
        (Goal(subject="a", peer="b", sense="at least", bound=4), 3.0, False),
        (Goal(subject="a", peer="b", sense="at most", bound=2), 3.0, False),
        (Goal(subject="a", peer=None, sense="at most", bound=6), 6.0, True),
    ],
)
def test_goals(goal: Goal, value: float, met: bool) -> None:
    assert goal.value({"a": 6.0, "b": 2.0}) == value
    assert goal.met(value) is met
