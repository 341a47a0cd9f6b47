from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from fmnist_bench.board.reruns import Rerun, read_reruns, tolerance, write_rerun
from fmnist_bench.board.standings import Board, read_board


def write(synthetic: SimpleNamespace, path: Path, name: str, accuracy: float, n: int = 5) -> None:
    synthetic.write_row(path, synthetic.row(name, n), {"fashion_mnist": synthetic.net(accuracy)})


def by_name(board: Board) -> dict[str, object]:
    return {standing.row.row.name: standing for standing in board.standings}


def test_rows_a_point_apart_are_ranked_and_equal_ones_share_a_rank(
    synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    write(synthetic, tmp_path, "best", 0.93)
    write(synthetic, tmp_path, "twin", 0.90)
    write(synthetic, tmp_path, "other_twin", 0.90)
    write(synthetic, tmp_path, "worst", 0.88)
    write(synthetic, tmp_path, "short", 0.95, n=3)
    found = by_name(read_board(tmp_path))
    ranks = {name: str(standing.rank) for name, standing in found.items()}
    assert ranks == {
        "best": "1",
        "twin": "2-3",
        "other_twin": "2-3",
        "worst": "4",
        "short": "None",
    }
    assert found["twin"].tied == ("other_twin",)
    assert found["best"].tied == found["worst"].tied == ()


def test_intervals_of_a_row_hold_its_true_accuracy_and_need_two_runs(
    synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    write(synthetic, tmp_path, "five", 0.9)
    write(synthetic, tmp_path, "one", 0.9, n=1)
    found = by_name(read_board(tmp_path))
    for interval in (found["five"].seeds, found["five"].images, found["five"].total):
        assert interval.low < 0.9 < interval.high
    assert found["one"].seeds is None and found["one"].total is None
    assert found["one"].images is not None


def test_copies_and_smoke_runs_are_counted_as_left_out(
    synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    write(synthetic, tmp_path / "a", "row", 0.9, n=2)
    write(synthetic, tmp_path / "b", "row", 0.9, n=2)
    smoke = {"trainer": {"limit_batches": 2}}
    record = synthetic.record(synthetic.row("smoke"), config_changes=smoke)
    predictions = synthetic.net(0.5).predictions(synthetic.labels("fashion_mnist"), 0)
    synthetic.write_run(tmp_path, record, predictions)
    board = read_board(tmp_path)
    assert board.duplicates == 2
    assert list(board.left_out.values()) == [1]
    assert [standing.row.row.name for standing in board.standings] == ["row"]


def test_claims_stand_beside_the_row_of_their_experiment(
    synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    write(synthetic, tmp_path, "vgg", 0.935, n=1)
    write(synthetic, tmp_path, "nobody_claims_this", 0.9, n=1)
    found = by_name(read_board(tmp_path))
    assert [claim.system for claim in found["vgg"].claims] == [3]
    assert found["nobody_claims_this"].claims == ()


@pytest.fixture
def rerun(synthetic: SimpleNamespace, tmp_path: Path) -> Rerun:
    """A re-run of a written row's seed 0, half a tolerance below the original."""
    write(synthetic, tmp_path / "runs", "cnn", 0.9)
    (standing,) = read_board(tmp_path).standings
    run = standing.row.fashion.runs[0]
    original = float(run.hits.mean())
    return Rerun(
        row="cnn",
        recipe=run.record.recipe,
        identity=run.record.identity,
        dataset="fashion_mnist",
        seed=0,
        original_accuracy=original,
        accuracy=original - tolerance(original, original) / 2,
        date=date(2026, 11, 22),
        hardware=run.record.hardware,
        versions={},
        git=run.record.git,
    )


def tier(results: Path) -> str:
    (standing,) = read_board(results).standings
    return standing.tier


def test_a_rerun_within_tolerance_makes_a_row_reproduced(rerun: Rerun, tmp_path: Path) -> None:
    assert tier(tmp_path) == "evidenced"
    write_rerun(tmp_path, rerun)
    assert read_reruns(tmp_path) == ([rerun], [])
    assert tier(tmp_path) == "reproduced"


@pytest.mark.parametrize(
    "change",
    [
        {"accuracy": 0.5},
        {"original_accuracy": 0.8},
        {"identity": "0" * 64},
        {"row": "other"},
    ],
)
def test_a_rerun_of_something_else_or_far_off_does_not(
    rerun: Rerun, tmp_path: Path, change: dict
) -> None:
    write_rerun(tmp_path, rerun.model_copy(update=change))
    assert tier(tmp_path) == "evidenced"


def test_a_broken_rerun_file_is_a_problem(rerun: Rerun, tmp_path: Path) -> None:
    write_rerun(tmp_path, rerun)
    (tmp_path / "reruns" / "cnn.json").write_text('{"row": "cnn"')
    (problem,) = read_board(tmp_path).unreadable
    assert problem.path == "reruns/cnn.json"


def test_tolerance_is_twice_the_pooled_standard_error() -> None:
    """Figures from statsmodels' z test: a difference of one tolerance has z = 2."""
    from statsmodels.stats.proportion import proportions_ztest

    first = 0.93
    second = first - tolerance(first, 0.9228)
    z, _ = proportions_ztest([first * 10_000, second * 10_000], [10_000, 10_000])
    assert z == pytest.approx(2, abs=0.01)


def test_a_failed_row_has_no_tier_of_its_own(synthetic: SimpleNamespace, tmp_path: Path) -> None:
    synthetic.write_run(tmp_path, synthetic.failed(synthetic.row()))
    assert tier(tmp_path) == "failed"
