from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.axes import Axes

from fmnist_bench.board.reported import claims
from fmnist_bench.board.standings import read_board
from fmnist_bench.errors import BenchError
from fmnist_bench.pictures.board import pareto_figure
from fmnist_bench.pictures.canvas import save
from fmnist_bench.pictures.costs import COSTS, points_of


@pytest.fixture
def results(synthetic: SimpleNamespace, tmp_path: Path) -> Path:
    costs = {"cnn": (0.92, 1000, 5000, 60), "vgg": (0.88, 2000, 2000, 10)}
    for name, (accuracy, parameters, macs, pflop) in costs.items():
        synthetic.write_row(
            tmp_path / "runs",
            synthetic.row(name),
            {"fashion_mnist": synthetic.net(accuracy)},
            parameters=parameters,
            macs=macs,
            training_macs=pflop * 10**15 // 2,
        )
    chance = synthetic.Net(np.full(10_000, 0.1))
    synthetic.write_row(tmp_path / "runs", synthetic.row("prior"), {"fashion_mnist": chance})
    return tmp_path


def marks(axes: Axes) -> set[tuple[float, float]]:
    """Where the marks of rows stand, those on the front and the others."""
    lines = [line for line in axes.get_lines() if line.get_marker() == "o"]
    return {(float(x), float(y)) for line in lines for x, y in line.get_xydata()}


def front(axes: Axes) -> list[float]:
    """The costs at which the front has a corner."""
    lines = [line for line in axes.get_lines() if line.get_drawstyle() == "steps-post"]
    return [float(x) for line in lines for x in np.asarray(line.get_xdata())]


def test_points_are_the_boards_figures(results: Path) -> None:
    board = read_board(results)
    points = points_of(board)
    assert [point.title for point in points] == ["cnn", "vgg"]
    for point, standing in zip(points, board.standings, strict=False):
        assert standing.row.title == point.title and standing.row.fashion.total is not None
        assert point.accuracy == 100 * standing.row.fashion.mean
        assert (point.low, point.high) == (
            100 * standing.row.fashion.total.low,
            100 * standing.row.fashion.total.high,
        )
        claimed = {
            claim.accuracy("fashion_mnist") for claim in claims() if claim.experiment == point.title
        }
        assert set(point.claimed) == {100 * claim for claim in claimed if claim is not None}
    assert points[1].claimed, "vgg is reported in the published table"
    assert points[0].costs == {"parameters": 1000, "macs": 5000, "flop": 60e15}


def test_every_row_stands_at_its_cost_with_its_interval(results: Path) -> None:
    points = points_of(read_board(results))
    figure = pareto_figure(read_board(results))
    for axes, kind in zip(figure.axes, COSTS, strict=True):
        assert marks(axes) == {(point.costs[kind], point.accuracy) for point in points}
        bars = [np.asarray(bar.get_paths()[0].vertices) for bar in axes.collections]
        drawn = [(bar[0, 0], bar[0, 1], bar[1, 1]) for bar in bars]
        for point in points:
            expected = pytest.approx((point.costs[kind], point.low, point.high))
            assert any(bar == expected for bar in drawn), point
        low, high = axes.get_ylim()
        assert low < points[1].low and high > points[0].high
    assert front(figure.axes[0]) == [1000]
    assert front(figure.axes[1]) == [2000, 5000]
    assert front(figure.axes[2]) == [10e15, 60e15]
    said = save(figure, results / "board.svg").read_text()
    for words in (*COSTS.values(), "test accuracy (%)", "Pareto front", "95 % interval"):
        assert f">{words}</text>" in said, words


def test_names_stand_beside_their_rows_and_cover_nothing(
    synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    for number in range(14):  # of which ten are in one place
        place = max(number - 9, 0)
        synthetic.write_row(
            tmp_path / "runs",
            synthetic.row(f"row_{number}"),
            {"fashion_mnist": synthetic.net(0.85 + 0.01 * place)},
            parameters=1000 * 4**place,
            macs=1000 * 3**place,
            training_macs=10**15 + number * 10**12,
        )
    figure = pareto_figure(read_board(tmp_path))
    points = {point.title: point for point in points_of(read_board(tmp_path))}
    figure.draw_without_rendering()
    for axes, kind in zip(figure.axes, COSTS, strict=True):
        boxes = [text.get_window_extent() for text in axes.texts]
        assert boxes, "there is room for some"
        for box in boxes:
            assert box.count_overlaps(boxes) == 1  # itself
            assert box.x0 >= axes.bbox.x0 and box.x1 <= axes.bbox.x1
            assert not any(box.contains(*axes.transData.transform(each)) for each in marks(axes))
        for text in axes.texts:
            point = points[text.get_text()]
            x, y = text.xy
            assert x == point.costs[kind] and point.low <= y <= point.high
        named = {text.get_text() for text in axes.texts}
        assert len(named) < 14 and len(named) == len(axes.texts)
        assert kind == "flop" or {f"row_{number}" for number in range(11, 14)} <= named


def test_a_board_without_accuracies_is_one_line(synthetic: SimpleNamespace, tmp_path: Path) -> None:
    synthetic.write_run(tmp_path, synthetic.failed(synthetic.row("cnn")))
    with pytest.raises(BenchError, match="no row with a Fashion-MNIST accuracy of 50 %"):
        pareto_figure(read_board(tmp_path))
