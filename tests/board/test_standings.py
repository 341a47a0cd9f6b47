from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import sklearn.metrics

from fmnist_bench.board.collect import Collected, ScoredRun, collect
from fmnist_bench.board.standings import Board, Standing, build_board, read_board
from fmnist_bench.data.facts import FASHION_MNIST


def write(synthetic: SimpleNamespace, path: Path, name: str, accuracy: float, n: int = 5) -> None:
    synthetic.write_row(path, synthetic.row(name, n), {"fashion_mnist": synthetic.net(accuracy)})


def by_name(board: Board) -> dict[str, Standing]:
    return {standing.row.label.name: standing for standing in board.standings}


def test_rows_a_point_apart_are_ranked_and_equal_ones_share_a_rank(
    synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    write(synthetic, tmp_path, "best", 0.93)
    write(synthetic, tmp_path, "twin", 0.90)
    write(synthetic, tmp_path, "other_twin", 0.90)
    write(synthetic, tmp_path, "worst", 0.88)
    write(synthetic, tmp_path, "short", 0.95, n=3)
    found = by_name(read_board(tmp_path))
    ranks = {name: str(standing.row.fashion.rank) for name, standing in found.items()}
    assert ranks == {
        "best": "1",
        "twin": "2-3",
        "other_twin": "2-3",
        "worst": "4",
        "short": "None",
    }
    assert found["twin"].row.fashion.tied == ("other_twin",)
    assert found["best"].row.fashion.tied == found["worst"].row.fashion.tied == ()


def test_intervals_of_a_row_hold_its_true_accuracy_and_need_two_runs(
    synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    write(synthetic, tmp_path, "five", 0.9)
    write(synthetic, tmp_path, "one", 0.9, n=1)
    found = {name: each.row.fashion for name, each in by_name(read_board(tmp_path)).items()}
    for interval in (found["five"].seeds, found["five"].images, found["five"].total):
        assert interval is not None and interval.low < 0.9 < interval.high
    assert found["one"].seeds is None and found["one"].total is None
    assert found["one"].images is not None


def test_copies_and_smoke_runs_are_counted_as_left_out(
    synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    write(synthetic, tmp_path / "a", "row", 0.9, n=2)
    write(synthetic, tmp_path / "b", "row", 0.9, n=2)
    smoke = {"trainer": {"limit_train_batches": 2}}
    record = synthetic.record(synthetic.row("smoke"), recipe_changes=smoke)
    predictions = synthetic.net(0.5).predictions(synthetic.labels("fashion_mnist"), 0)
    synthetic.write_run(tmp_path, record, predictions)
    board = read_board(tmp_path)
    assert board.duplicates == 2
    assert list(board.left_out.values()) == [1]
    assert [standing.row.label.name for standing in board.standings] == ["row"]


def test_claims_stand_beside_the_row_of_their_experiment(
    synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    write(synthetic, tmp_path, "vgg", 0.935, n=1)
    write(synthetic, tmp_path, "nobody_claims_this", 0.9, n=1)
    found = by_name(read_board(tmp_path))
    assert [claim.system for claim in found["vgg"].claims] == [3]
    assert found["nobody_claims_this"].claims == ()


def tier(results: Path) -> str:
    (standing,) = read_board(results).standings
    return standing.tier


def test_a_broken_rerun_is_a_problem(synthetic: SimpleNamespace, tmp_path: Path) -> None:
    write(synthetic, tmp_path / "runs", "cnn", 0.9)
    folder = synthetic.write_rerun(tmp_path, "cnn", shift=-40)
    (folder / "record.json").write_text('{"row": "cnn"')
    (problem,) = read_board(tmp_path).unreadable
    assert problem.path == f"reruns/cnn/{folder.name}/record.json"


def test_a_failed_row_has_no_tier_of_its_own(synthetic: SimpleNamespace, tmp_path: Path) -> None:
    synthetic.write_run(tmp_path, synthetic.failed(synthetic.row()))
    assert tier(tmp_path) == "failed"


BOTH = ["fashion_mnist", "mnist"]


def as_fashion(run: ScoredRun) -> ScoredRun:
    """The MNIST run, told to be one of Fashion-MNIST."""
    record = run.record
    label = record.row.model_copy(update={"datasets": ["fashion_mnist"]})
    facts = {"name": "fashion_mnist", "digest": FASHION_MNIST.digest}
    told = {"data": record.data.model_copy(update=facts), "row": label}
    return replace(run, record=record.model_copy(update=told))


def test_mnist_is_ranked_as_a_board_of_those_runs_as_fashion_would_be(
    synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    accuracies = {"a": 0.93, "b": 0.9295, "c": 0.9}
    for name, value in accuracies.items():
        nets = {dataset: synthetic.net(value) for dataset in BOTH}
        synthetic.write_row(tmp_path, synthetic.row(name, datasets=BOTH), nets)
    for name, value, planned, done in (("few", 0.95, 3, 3), ("gap", 0.96, 5, 4)):
        row = synthetic.row(name, planned, datasets=BOTH)
        synthetic.write_row(tmp_path, row, {"mnist": synthetic.net(value)}, seeds=done)
    write(synthetic, tmp_path, "none", 0.8, n=1)
    collected = collect(tmp_path)
    mnist = [as_fashion(run) for run in collected.runs if run.record.data.name == "mnist"]
    rows = [each.row for each in build_board(collected).standings]
    found = [row.columns["mnist"] for row in rows if row.columns["mnist"].runs]
    found.sort(key=lambda column: column.order or 0)
    expected = [each.row.fashion for each in build_board(Collected(tuple(mnist))).standings]
    assert len(expected) == 5
    for one, other in zip(found, expected, strict=True):
        assert (one.rank, one.tied, one.status) == (other.rank, other.tied, other.status)
        assert (one.total, one.seeds) == (other.total, other.seeds)
        assert one.runs[0].record.row.name == other.runs[0].record.row.name
    assert {column.status for column in found} == {"ranked", "provisional", "incomplete"}
    (lone,) = [row.columns["mnist"] for row in rows if row.label.name == "none"]
    assert lone.status == "Fashion-MNIST only" and lone.planned == 0


def test_fronts_hold_no_row_with_gaps_and_cost_is_of_the_dataset(
    synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    def add(name: str, accuracy: float, macs: int, done: int = 5) -> None:
        nets = {"fashion_mnist": synthetic.net(accuracy)}
        row = synthetic.row(name, datasets=BOTH)
        synthetic.write_row(tmp_path, row, nets, seeds=done, training_macs=macs)

    add("best", 0.94, 30)
    add("dear", 0.93, 40)
    add("cheap", 0.91, 10)
    add("gap", 0.90, 1, done=4)
    # Ten times as long on other data: no matter on this one.
    cheap = synthetic.row("cheap", datasets=BOTH)
    synthetic.write_row(tmp_path, cheap, {"mnist": synthetic.net(0.99)}, training_macs=100)
    board = read_board(tmp_path)
    titles = [each.row.title for each in board.standings]
    front = board.fronts["fashion_mnist"]["training_pflop"]
    assert [titles[place] for place in front] == ["cheap", "best"]
    assert [titles[place] for place in board.fronts["mnist"]["training_pflop"]] == ["cheap"]
    took = board.standings[titles.index("cheap")].row.resources
    assert took is not None and took.training_pflop == 2 * 55 / 1e15


def test_a_column_counts_classes_over_all_its_runs(
    synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    write(synthetic, tmp_path, "row", 0.9, n=2)
    (standing,) = read_board(tmp_path).standings
    column, labels = standing.row.fashion, synthetic.labels("fashion_mnist")
    predicted = np.concatenate([run.predictions.classes for run in column.runs])
    expected = sklearn.metrics.confusion_matrix(np.tile(labels, 2), predicted)
    assert np.array_equal(column.confusion, expected)
    recall = sklearn.metrics.recall_score(np.tile(labels, 2), predicted, average=None)
    assert column.shares is not None
    assert column.shares.diagonal() == pytest.approx(recall)
