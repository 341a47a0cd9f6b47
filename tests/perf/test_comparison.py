import math
from collections.abc import Callable

import pytest
from perf.comparison import Comparison, Goal, measure_rounds

from fmnist_bench.errors import BenchError


def comparison(*, warm_up: bool = True, **sides: Callable[[], float]) -> Comparison:
    return Comparison("T", "M", "images/s", sides, [], warm_up=warm_up)


@pytest.fixture(autouse=True)
def quiet_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("psutil.cpu_percent", lambda interval: 3.0)


@pytest.mark.parametrize("warm_up", [True, False])
def test_sides_take_turns_and_the_warm_up_is_thrown_away(warm_up: bool) -> None:
    calls: list[str] = []

    def side(name: str) -> Callable[[], float]:
        def measure() -> float:
            calls.append(name)
            return float(len(calls))

        return measure

    measured = comparison(a=side("a"), b=side("b"), warm_up=warm_up)
    figures, _ = measure_rounds(measured, 3, 0)
    assert calls == ["a", "b"] * (3 + warm_up)
    first = 1 + 2 * warm_up
    assert figures == [{"a": each, "b": each + 1} for each in range(first, first + 6, 2)]


@pytest.mark.parametrize("figure", [0.0, -1.0, math.nan, math.inf])
def test_a_figure_that_is_no_positive_number_is_refused(figure: float) -> None:
    with pytest.raises(BenchError, match=r"b: measured .*, not a positive number"):
        measure_rounds(comparison(a=lambda: 1.0, b=lambda: figure), 1, 0)


@pytest.mark.parametrize(
    ("patience", "glances", "busiest", "told"),
    [
        (0, [2.0, 80.0, 4.0], 80.0, ["others use 80 % of the processor; the figures will suffer"]),
        (60, [2.0, 80.0, 60.0, 5.0, 1.0], 5.0, []),  # waits until the machine is quiet
    ],
)
def test_a_busy_machine_is_waited_for_then_told_and_kept(
    patience: float,
    glances: list[float],
    busiest: float,
    told: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    left = iter(glances)
    monkeypatch.setattr("psutil.cpu_percent", lambda interval: next(left))
    _, busy = measure_rounds(comparison(a=lambda: 1.0), 2, patience)
    assert busy == busiest
    assert [line for line in capsys.readouterr().out.splitlines() if "others" in line] == told


@pytest.mark.parametrize(
    ("goal", "value", "met"),
    [
        (Goal("a", "b", "at least", 2), 3.0, True),
        (Goal("a", "b", "at least", 3), 3.0, True),
        (Goal("a", "b", "at least", 4), 3.0, False),
        (Goal("a", "b", "at most", 2), 3.0, False),
        (Goal("a", None, "at most", 6), 6.0, True),
    ],
)
def test_goals(goal: Goal, value: float, met: bool) -> None:
    assert goal.value({"a": 6.0, "b": 2.0}) == value
    assert goal.met(value) is met
