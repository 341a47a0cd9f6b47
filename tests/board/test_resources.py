from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fmnist_bench.board.collect import ScoredRun
from fmnist_bench.board.figures import reads
from fmnist_bench.board.resources import Resources, Times


def runs(synthetic: SimpleNamespace, *changes: dict[str, Any]) -> list[ScoredRun]:
    return [
        ScoredRun(f"r{seed}", synthetic.record(synthetic.row(), seed=seed, **each))
        for seed, each in enumerate(changes)
    ]


def test_times_are_numpys_over_those_that_are_known() -> None:
    seconds = [17.25, 18.5, 16.75, 30.0]
    found = Times.of([*seconds, None])
    assert found is not None
    assert (found.low, found.high) == (16.75, 30.0)
    assert (found.median, found.mean) == pytest.approx((np.median(seconds), np.mean(seconds)))
    assert found.std == pytest.approx(np.std(seconds, ddof=1))
    assert Times.of([None, None]) is None


def test_a_mac_is_two_operations(synthetic: SimpleNamespace) -> None:
    macs = [{"training_macs": 10**15}, {"training_macs": 3 * 10**15}]
    took = Resources.of(runs(synthetic, *macs))
    assert took.training_pflop == took.costs["training_pflop"] == 4.0
    unknown = {"training_macs": None, "macs": None}
    assert Resources.of(runs(synthetic, macs[0], unknown)).training_pflop == 2.0
    assert Resources.of(runs(synthetic, unknown)).training_pflop is None


def test_operations_that_no_record_counts_are_those_of_a_plain_run(
    synthetic: SimpleNamespace,
) -> None:
    plain = {"training_macs": None, "macs": 5_871_360, "epochs": 30}
    expected = 6 * 5_871_360 * 30 * 60_000 / 1e15
    assert Resources.of(runs(synthetic, plain)).training_pflop == pytest.approx(expected)


def test_processors_are_named_once_and_predictions_from_elsewhere_have_none(
    synthetic: SimpleNamespace,
) -> None:
    made = [{"machine": synthetic.machine(device=name)} for name in ("H", "A", "H")]
    assert Resources.of(runs(synthetic, *made, {"machine": None})).hardware == "A, H"
    assert Resources.of(runs(synthetic, {"machine": None})).hardware == ""


def test_speed_runs_are_timed_together_or_not_at_all(synthetic: SimpleNamespace) -> None:
    timed = [{"timed_seconds": 17.0}, {"timed_seconds": 18.0}]
    found = Resources.of(runs(synthetic, *timed)).timed_seconds
    assert found is not None and found.mean == 17.5
    assert Resources.of(runs(synthetic, *timed, {})).timed_seconds is None
    busy = {"timed_seconds": 17.0, "alone": None}
    assert Resources.of(runs(synthetic, *timed, busy)).timed_seconds is None
    assert Resources.of(runs(synthetic, busy)).train_seconds is None


def test_a_read_after_a_kill_is_told(synthetic: SimpleNamespace) -> None:
    assert reads(Resources.of(runs(synthetic, {}, {})), 0) == "2 in 2 runs"
    killed = Resources.of(runs(synthetic, {}, {"test_reads": 2}))
    assert reads(killed, 0) == "3 in 2 runs, 1 of them again after a run was cut off"
