from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from fmnist_bench.board.reported import claims
from fmnist_bench.board.standings import read_board
from fmnist_bench.errors import BenchError
from fmnist_bench.pictures.axes import side_steps
from fmnist_bench.pictures.board import pareto_figure
from fmnist_bench.pictures.canvas import save, styled
from fmnist_bench.pictures.costs import pareto_front, points_of


def test_the_front_is_what_no_other_point_beats() -> None:
    random = np.random.default_rng(0)
    for size in (1, 2, 10, 40):
        # Few values, so that there are ties in one and in both.
        costs, heights = random.integers(0, 8, (2, size)).tolist()
        beaten = {
            i
            for i in range(size)
            for j in range(size)
            if heights[j] >= heights[i]
            and costs[j] <= costs[i]
            and (heights[j], costs[j]) != (heights[i], costs[i])
        }
        front = pareto_front(costs, heights)
        assert set(front) == set(range(size)) - beaten
        assert [costs[i] for i in front] == sorted(costs[i] for i in front)
    assert pareto_front([], []) == []


def test_discs_keep_apart_and_in_order() -> None:
    random = np.random.default_rng(1)
    places = random.uniform(0, 60, (40, 2))
    places[:10] = places[0]
    steps = np.array(side_steps(places, 13.0))
    moved = places + np.column_stack([steps, np.zeros(40)])
    gaps = np.hypot(*(moved[:, None] - moved[None]).transpose(2, 0, 1))
    assert gaps[np.triu_indices(40, 1)].min() >= 13 - 1e-9
    assert steps.min() == 0
    assert side_steps(np.array([[0.0, 0.0], [20.0, 0.0], [0.0, 13.0]]), 13.0) == [0, 0, 0]


@pytest.fixture
def results(synthetic: SimpleNamespace, tmp_path: Path) -> Path:
    costs = {"cnn": (0.92, 1000, 5000, 60.0), "vgg": (0.88, 2000, 2000, 10.0)}
    for name, (accuracy, parameters, macs, seconds) in costs.items():
        synthetic.write_row(
            tmp_path / "runs",
            synthetic.row(name),
            {"fashion_mnist": synthetic.net(accuracy)},
            parameters=parameters,
            macs=macs,
            train_seconds=seconds,
        )
    chance = synthetic.Net(np.full(10_000, 0.1))
    synthetic.write_row(tmp_path / "runs", synthetic.row("prior"), {"fashion_mnist": chance})
    return tmp_path


def test_points_are_the_boards_figures(results: Path) -> None:
    board = read_board(results)
    points = points_of(board)
    assert [point.title for point in points] == ["cnn", "vgg"]
    for point, standing in zip(points, board.standings, strict=False):
        assert standing.row.title == point.title and standing.total is not None
        assert point.accuracy == standing.row.fashion.mean
        assert (point.low, point.high) == (standing.total.low, standing.total.high)
        claimed = {
            claim.accuracy("fashion_mnist") for claim in claims() if claim.experiment == point.title
        }
        assert set(point.claimed) == claimed - {None}
    assert points[1].claimed, "vgg is reported in the published table"
    assert points[0].costs == {"parameters": 1000, "macs": 5000, "seconds": 60.0}


def test_the_picture_says_what_it_shows(results: Path) -> None:
    with styled():
        figure = pareto_figure(read_board(results))
    points = points_of(read_board(results))
    for axes, kind in zip(figure.axes, ("parameters", "macs", "seconds"), strict=True):
        assert {text.get_text() for text in axes.texts} == {"1", "2"}
        assert {text.get_position()[0] for text in axes.texts} == {
            point.costs[kind] for point in points
        }
        low, high = axes.get_ylim()
        assert low < 100 * points[1].low and high > 100 * points[0].high
    path = save(figure, results / "board.svg")
    said = path.read_text()
    for words in (
        "parameters",
        "multiply-accumulates per image",
        "training time of a run (s)",
        "test accuracy (%)",
        "Pareto front",
        f"1  cnn: {100 * points[0].accuracy:.2f} %",
    ):
        assert f">{words}</text>" in said, words


def test_times_on_two_kinds_of_hardware_are_said_to_be_so(
    synthetic: SimpleNamespace, results: Path
) -> None:
    def notes() -> list[str]:
        with styled():
            figure = pareto_figure(read_board(results))
        return [legend.get_title().get_text() for legend in figure.legends]

    (alone,) = notes()
    assert "hardware" not in alone
    row = synthetic.row("mlp")
    nets = {"fashion_mnist": synthetic.net(0.9)}
    apart = synthetic.Hardware(
        device="cpu", device_count=1, cpu="Another CPU", cores=1, memory_bytes=1, system=""
    )
    synthetic.write_row(results / "runs", row, nets, train_seconds=5.0, hardware=apart)
    (both,) = notes()
    (line,) = set(both.splitlines()) - set(alone.splitlines())
    assert line.startswith("Times are from several kinds of hardware: ")
    assert "Another CPU" in line and "Some CPU" in line


def test_a_board_without_accuracies_is_one_line(synthetic: SimpleNamespace, tmp_path: Path) -> None:
    synthetic.write_run(tmp_path, synthetic.failed(synthetic.row("cnn")))
    with pytest.raises(BenchError, match="no row with a Fashion-MNIST accuracy of 50 %"):
        pareto_figure(read_board(tmp_path))
