"""Time left against sums done by hand, with a clock that the test moves."""

from collections.abc import Callable

import pytest

from fmnist_bench.jobs import progress as module
from fmnist_bench.jobs.job import Outcome
from fmnist_bench.jobs.progress import Progress
from fmnist_bench.records.spec import Spec

MakeSpec = Callable[..., Spec]


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def test_a_job_is_expected_to_take_as_long_as_its_row_did(
    make_spec: MakeSpec, clock: Clock
) -> None:
    slow = [make_spec("row.name=slow", f"seed={seed}") for seed in range(3)]
    fast = [make_spec("row.name=fast", f"seed={seed}") for seed in range(3, 6)]
    new = make_spec("row.name=new", "seed=9")
    said: list[str] = []
    earlier = [Outcome(slow[0], "done before", "", 100.0)]
    progress = Progress(said.append, [*fast, *slow[1:], new], earlier)
    progress.starting(fast[0])
    assert said[-1].startswith("[1/6] fast-")
    assert said[-1].endswith("(about 10:00 left)")  # all six like the one that is known
    clock.now += 20
    progress.ended(Outcome(fast[0], "trained", "", 20.0), aloud=False)
    # 2 fast of 20 s, 2 slow of 100 s, and one unknown, taken for the mean of both.
    assert progress.seconds_left() == pytest.approx(2 * 20 + 2 * 100 + 60)


def test_jobs_side_by_side_take_less_time_and_failures_tell_nothing(
    make_spec: MakeSpec, clock: Clock
) -> None:
    specs = [make_spec(f"seed={seed}") for seed in range(6)]
    said: list[str] = []
    progress = Progress(said.append, specs, [])
    assert progress.seconds_left() is None
    clock.now += 30
    progress.ended(Outcome(specs[3], "trained", "test 0.9", 30.0), aloud=True)
    progress.ended(Outcome(specs[0], "trained", "test 0.9", 30.0), aloud=True)
    assert progress.seconds_left() == pytest.approx(4 * 30 / 2)
    assert said[-1] == f"[2/6] trained  {specs[0].name}  test 0.9  (about 1:00 left)"
    progress.ended(Outcome(specs[1], "failed", "error: x", 0.0), aloud=True)
    assert progress.seconds_left() == pytest.approx(3 * 30 / 2)
    for spec in (specs[2], specs[4], specs[5]):
        progress.ended(Outcome(spec, "trained", "", 3000.0), aloud=True)
    assert said[-1] == f"[6/6] trained  {specs[5].name}  "
