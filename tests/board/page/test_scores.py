from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from fmnist_bench.board.page.scores import scores
from fmnist_bench.board.standings import Board


@pytest.fixture(scope="module")
def runs(synthetic: SimpleNamespace, make_runs: Callable[..., Any]) -> dict[str, list[Any]]:
    both = ["fashion_mnist", "mnist"]
    accuracies = {"a": 0.93, "b": 0.9295, "c": 0.9}
    made = {
        name: make_runs(
            synthetic.row(name, datasets=both), {"fashion_mnist": value, "mnist": value}
        )
        for name, value in accuracies.items()
    }
    made["few"] = make_runs(synthetic.row("few", 3, datasets=both), {"mnist": 0.95}, seeds=3)
    made["gap"] = make_runs(synthetic.row("gap", 5, datasets=both), {"mnist": 0.96}, seeds=4)
    made["none"] = make_runs(synthetic.row("none"), {"fashion_mnist": 0.8})
    return made


@pytest.fixture(scope="module")
def board(make_board: Callable[..., Board], runs: dict[str, list[Any]]) -> Board:
    return make_board([run for members in runs.values() for run in members])


def test_on_fashion_they_are_the_boards_own(board: Board) -> None:
    found = scores(board, "fashion_mnist")
    for place, standing in enumerate(board.standings):
        score = found[standing.row.key]
        assert (score.order, score.rank, score.total) == (place, standing.rank, standing.total)
        assert (score.seeds, score.images) == (standing.seeds, standing.images)
        assert score.status == standing.row.status


def test_on_mnist_they_are_what_a_board_of_those_runs_as_fashion_would_give(
    board: Board, runs: dict[str, list[Any]], make_board: Callable[..., Board]
) -> None:
    """The MNIST runs, told to be Fashion-MNIST runs, ranked by the board itself."""
    digest = next(run.record.data_digest for run in runs["a"] if run.record.dataset != "mnist")
    told = [
        replace(
            run,
            record=run.record.model_copy(
                update={
                    "dataset": "fashion_mnist",
                    "data_digest": digest,
                    "row": run.record.row.model_copy(update={"datasets": ["fashion_mnist"]}),
                }
            ),
        )
        for members in runs.values()
        for run in members
        if run.record.dataset == "mnist"
    ]
    expected = make_board(told).standings
    found = {name: score for (name, _), score in scores(board, "mnist").items()}
    assert len(expected) == 5
    assert [standing.row.row.name for standing in expected] == sorted(
        found, key=lambda name: found[name].order
    )
    for standing in expected:
        score = found[standing.row.row.name]
        assert (score.rank, score.status) == (standing.rank, standing.row.status)
        assert (score.total, score.seeds, score.images) == (
            standing.total,
            standing.seeds,
            standing.images,
        )
    assert {score.status for score in found.values()} == {"ranked", "provisional", "incomplete"}


def test_a_row_that_plans_no_mnist_has_no_score_there(board: Board) -> None:
    assert {name for name, _ in scores(board, "mnist")} == {"a", "b", "c", "few", "gap"}
