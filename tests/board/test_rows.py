from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fmnist_bench.board.collect import ScoredRun, collect
from fmnist_bench.board.rows import BoardRow, group, left_out, row_names, unofficial
from fmnist_bench.errors import BenchError


def rows_of(path: Path) -> list[BoardRow]:
    return group(collect(path).runs)


def test_rows_stand_by_completeness_then_accuracy_then_name(
    synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    def write(name: str, accuracy: float, planned: int, done: int) -> None:
        nets = {"fashion_mnist": synthetic.net(accuracy, disagreement=0.02)}
        synthetic.write_row(tmp_path, synthetic.row(name, planned), nets, seeds=done)

    write("partial", 0.97, 5, 4)
    write("lucky", 0.96, 1, 1)
    write("three", 0.95, 3, 3)
    write("five", 0.90, 5, 5)
    write("six", 0.92, 6, 6)
    synthetic.write_run(tmp_path, synthetic.failed(synthetic.row("lost", 1)))
    rows = rows_of(tmp_path)
    assert [row.label.name for row in rows] == ["three", "six", "five", "lucky", "partial", "lost"]
    assert [row.status for row in rows] == [
        "provisional",
        "ranked",
        "ranked",
        "single run",
        "incomplete",
        "no result",
    ]


def test_a_row_of_mnist_alone_says_so_and_stands_behind_fashion(
    synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    digits = synthetic.row("digits", 5, datasets=["mnist"])
    synthetic.write_row(tmp_path, digits, {"mnist": synthetic.net(0.99)})
    synthetic.write_row(
        tmp_path, synthetic.row("partial", 5), {"fashion_mnist": synthetic.net(0.9)}, seeds=4
    )
    synthetic.write_run(tmp_path, synthetic.failed(synthetic.row("lost", 1)))
    found = [(row.label.name, row.status) for row in rows_of(tmp_path)]
    assert found == [("partial", "incomplete"), ("digits", "MNIST only"), ("lost", "no result")]


def test_ties_go_by_name(synthetic: SimpleNamespace, tmp_path: Path) -> None:
    predictions = synthetic.net(0.9).predictions(synthetic.labels("fashion_mnist"), 0)
    for name in ("zeta", "alpha", "midway"):
        row = synthetic.row(name, 1)
        synthetic.write_run(tmp_path, synthetic.record(row), predictions)
    assert [row.label.name for row in rows_of(tmp_path)] == ["alpha", "midway", "zeta"]


def test_a_failed_seed_is_missing_and_never_zero(
    synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    row = synthetic.row(seeds=5)
    synthetic.write_row(tmp_path, row, {"fashion_mnist": synthetic.net(0.9)}, seeds=4)
    synthetic.write_run(tmp_path, synthetic.failed(row, seed=4))
    (found,) = rows_of(tmp_path)
    assert found.fashion.missing == (4,)
    assert found.fashion.failed == (4,)
    assert len(found.fashion.accuracies) == 4
    assert found.fashion.mean == pytest.approx(0.9, abs=0.01)
    assert found.status == "incomplete"


def test_enough_runs_with_the_wrong_seeds_are_not_complete(
    synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    nets = {"fashion_mnist": synthetic.net(0.9)}
    folders = synthetic.write_row(tmp_path, synthetic.row(seeds=5), nets, seeds=6)
    for path in folders[2].iterdir():
        path.unlink()
    folders[2].rmdir()
    (found,) = rows_of(tmp_path)
    assert len(found.fashion.runs) == 5
    assert found.status == "incomplete"
    assert found.fashion.missing == (2,)


def test_two_recipes_under_one_name_are_two_rows(
    synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    nets = {"fashion_mnist": synthetic.net(0.9)}
    synthetic.write_row(tmp_path, synthetic.row(), nets)
    synthetic.write_row(tmp_path, synthetic.row(), nets, recipe_changes={"steps": 9})
    rows = rows_of(tmp_path)
    assert len(rows) == 2
    assert {row.title for row in rows} == {"cnn [as it was]", "cnn [steps=9]"}


def test_both_datasets_are_columns_of_one_row(synthetic: SimpleNamespace, tmp_path: Path) -> None:
    nets = {"fashion_mnist": synthetic.net(0.9), "mnist": synthetic.net(0.98)}
    row = synthetic.row(datasets=["fashion_mnist", "mnist"])
    synthetic.write_row(tmp_path, row, nets)
    (found,) = rows_of(tmp_path)
    assert found.columns["mnist"].mean == pytest.approx(0.98, abs=0.01)
    assert found.title == "cnn"


def test_a_planned_dataset_without_runs_is_missing(
    synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    row = synthetic.row(seeds=1, datasets=["fashion_mnist", "mnist"])
    synthetic.write_row(tmp_path, row, {"fashion_mnist": synthetic.net(0.9)})
    (found,) = rows_of(tmp_path)
    assert found.columns["mnist"].planned == 1
    assert found.columns["mnist"].missing == (0,)


def test_a_second_copy_of_a_run_counts_once(synthetic: SimpleNamespace, tmp_path: Path) -> None:
    for place in ("one", "two"):
        nets = {"fashion_mnist": synthetic.net(0.9)}
        synthetic.write_row(tmp_path / place, synthetic.row(seeds=1), nets)
    (found,) = rows_of(tmp_path)
    assert [run.path.split("/")[0] for run in found.fashion.runs] == ["one"]


def test_a_row_may_plan_any_number_of_seeds(synthetic: SimpleNamespace, tmp_path: Path) -> None:
    nets = {"fashion_mnist": synthetic.net(0.9)}
    synthetic.write_row(tmp_path, synthetic.row(seeds=10**15), nets, seeds=1)
    (found,) = rows_of(tmp_path)
    assert found.fashion.missing and found.status == "incomplete"


def limited(**trainer: Any) -> dict[str, Any]:
    return {"recipe_changes": {"trainer": trainer}}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (limited(limit_train_batches=2), "smoke runs (trainer.limit_train_batches is set)"),
        (limited(limit_val_batches=0), "smoke"),
        (limited(limit_test_batches=0.5), "smoke"),
        (limited(limit_train_batches=1), "smoke"),
        (limited(limit_train_batches=1.0, limit_val_batches=None), None),
        (limited(overfit_batches=0.1), "smoke"),
        (limited(overfit_batches=0.0, fast_dev_run=False), None),
        (limited(fast_dev_run=True), "smoke"),
        ({"recipe_changes": {"protocol": {"test": "never"}}}, "runs of a search"),
        ({"recipe_changes": {"trainer": ["odd"]}}, None),
        ({"recipe": None, "recipe_digest": None, "machine": None, "code": None}, None),
        ({}, None),
    ],
)
def test_what_cannot_stand_on_a_board(
    synthetic: SimpleNamespace, tmp_path: Path, changes: dict, reason: str | None
) -> None:
    record = synthetic.record(synthetic.row(), **changes)
    predictions = synthetic.net(0.9).predictions(synthetic.labels("fashion_mnist"), 0)
    synthetic.write_run(tmp_path, record, predictions)
    (run,) = collect(tmp_path).runs
    found = left_out(run)
    assert (found is None) if reason is None else (found is not None and reason in found)
    assert unofficial(run) == found
    assert len(group([run])) == (reason is None)


@pytest.mark.parametrize(("dataset", "digest"), [("kmnist", None), ("mnist", "0" * 64)])
def test_what_stands_on_a_local_board_alone(
    synthetic: SimpleNamespace, dataset: str, digest: str | None
) -> None:
    record = synthetic.record(synthetic.row(), dataset, data_changes={"digest": digest})
    run = ScoredRun("x", record)
    assert left_out(run) is None
    assert unofficial(run) == "runs on data other than the published files"


def foreign(synthetic: SimpleNamespace, row: Any, name: str, digest: str, seed: int) -> ScoredRun:
    """A finished run of accuracy 0.8 and a little more for each seed, on data of that digest."""
    score = synthetic.Score(accuracy=0.8 + seed / 100, loss=0.3)
    data = {"digest": digest, "test_images": 500}
    record = synthetic.record(row, name, seed, data_changes=data, test=score)
    nothing = synthetic.Predictions(np.zeros(500, np.uint8), np.ones(500, np.float16))
    return ScoredRun(f"{name}-{digest[0]}-{seed}", record, nothing)


def test_other_data_has_columns_of_its_own(synthetic: SimpleNamespace) -> None:
    plan = synthetic.row(seeds=2)
    runs = [
        foreign(synthetic, plan, name, digest * 64, seed)
        for name, digest in (("kmnist", "a"), ("own", "a"), ("own", "b"), ("mnist", "c"))
        for seed in (0, 1)
    ]
    (row,) = group(runs)
    keys = ["fashion_mnist", "mnist", "kmnist", "mnist [cccccc]", "own [aaaaaa]", "own [bbbbbb]"]
    assert list(row.columns) == keys
    for key in keys[2:]:
        column = row.columns[key]
        assert column.accuracies.tolist() == [0.8, 0.81]
        assert column.mean == pytest.approx(0.805) and not column.scored
        assert column.std == pytest.approx(np.std([0.8, 0.81], ddof=1))
        assert column.seeds is not None and column.images is not None
        assert (column.planned, column.status) == (2, "2 runs")
        assert column.confusion is column.calibration is column.confused is None
    # The default plan names Fashion-MNIST, which this row has nothing to do with.
    assert row.status == "kmnist only" and row.fashion.planned == 0
    assert row.main is row.columns["kmnist"]


@pytest.mark.parametrize("name", ["cnn", "wrn_re", "resnet18.v2", "A-1"])
def test_names_that_fit(name: str) -> None:
    assert row_names([name]) == [name]


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../up", "a/b", "a\\b", ".hidden", "-rf", "a b", "a\n", "x" * 200, "a."]
)
def test_names_that_do_not(name: str) -> None:
    with pytest.raises(BenchError, match="expected letters"):
        row_names(["cnn", name])
