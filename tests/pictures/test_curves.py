from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure

from fmnist_bench.errors import BenchError
from fmnist_bench.pictures.canvas import styled
from fmnist_bench.pictures.curves import curves_figure
from fmnist_bench.records.record import Record, Score

Make = Callable[..., Record]
Texts = Callable[[Figure], list[str]]


def draw(record: Record) -> Figure:
    with styled():
        return curves_figure(record)


def lines(figure: Figure) -> dict[tuple[str, str], list[float]]:
    """Values of every line, by the axis they belong to and their name."""
    return {
        (axes.get_ylabel(), str(line.get_label())): np.asarray(line.get_ydata()).tolist()
        for axes in figure.axes
        for line in axes.get_lines()
    }


LOSS, ACCURACY, RATE = "loss (nats per image)", "accuracy (%)", "learning rate"


def test_curves_are_the_records(make_record: Make, texts: Texts) -> None:
    record = make_record(
        3,
        train_loss=[0.9, 0.5, 0.4],
        validation_loss=[0.8, 0.6, 0.7],
        train_accuracy=[0.6, 0.7, 0.75],
        validation_accuracy=[0.5, 0.72, 0.71],
        learning_rate=[0.1, 0.05, 0.0],
        best_epoch=1,
        test=Score(accuracy=0.9123, loss=0.3),
        validation=Score(accuracy=0.72, loss=0.6),
        seed=4,
    )
    figure = draw(record)
    drawn = lines(figure)
    assert drawn[LOSS, "train"] == [0.9, 0.5, 0.4]
    assert drawn[LOSS, "validation"] == [0.8, 0.6, 0.7]
    assert drawn[ACCURACY, "train"] == pytest.approx([60, 70, 75])
    assert drawn[ACCURACY, "validation"] == pytest.approx([50, 72, 71])
    chosen = [line for line in figure.axes[0].get_lines() if "chosen" in str(line.get_label())]
    assert list(np.asarray(chosen[0].get_xdata())) == [2, 2]
    assert list(np.asarray(figure.axes[0].get_lines()[0].get_xdata())) == [1, 2, 3]
    said = texts(figure)
    assert "cnn, seed 4, Fashion-MNIST: test 91.23 %, validation 72.00 %" in said
    assert {LOSS, ACCURACY, RATE, "epoch", "train", "validation", "chosen: epoch 2"} <= set(said)


def test_one_epoch_is_a_visible_point(make_record: Make) -> None:
    figure = draw(make_record(1))
    for axes in figure.axes:
        curves = [line for line in axes.get_lines() if len(np.asarray(line.get_ydata())) == 1]
        assert curves and all(
            line.get_marker() in "os^" and line.get_markevery() == 1 for line in curves
        )
        assert [tick for tick in axes.get_xticks() if tick >= 0.5 and tick <= 1.5] == [1]


def test_many_epochs_have_few_markers(make_record: Make) -> None:
    figure = draw(make_record(200))
    for line in figure.axes[0].get_lines():
        assert line.get_markevery() == 20
    assert all(tick == round(tick) for tick in figure.axes[0].get_xticks())


def test_points_between_gaps_are_visible(make_record: Make) -> None:
    losses = [0.5, None] * 50
    figure = draw(make_record(100, train_loss=losses))
    line = figure.axes[0].get_lines()[0]
    assert line.get_marker() == "o" and line.get_markevery() == 1
    assert np.isnan(np.asarray(line.get_ydata(), float)).tolist() == [False, True] * 50


def test_a_long_name_stays_within_the_picture(make_record: Make) -> None:
    figure = draw(make_record(3, name="x" * 60))
    with styled():
        figure.draw_without_rendering()
        box = figure.get_suptitle() and figure._suptitle.get_window_extent()  # no public way
    assert box.x0 >= 0 and box.x1 <= figure.bbox.width


def test_without_validation_there_is_no_line_for_it(make_record: Make, texts: Texts) -> None:
    nothing = {"validation_loss": None, "validation_accuracy": None, "validation": None}
    figure = draw(make_record(3, **nothing))
    assert {name for _, name in lines(figure)} == {"train", "_rate"}
    assert "validation" not in " ".join(texts(figure))


def test_what_nobody_measured_has_no_panel(make_record: Make) -> None:
    figure = draw(make_record(3, train_loss=None, validation_loss=None))
    assert [axes.get_ylabel() for axes in figure.axes] == [ACCURACY, RATE]
    nothing = dict.fromkeys(
        ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy")
    )
    assert [axes.get_ylabel() for axes in draw(make_record(3, **nothing)).axes] == [RATE]


@pytest.mark.parametrize(
    ("rates", "scale"),
    [([0.1, 0.01, 0.0001], "log"), ([0.1, 0.05, 0.02], "linear"), ([0.1, 0.001, 0.0], "linear")],
)
def test_a_rate_over_decades_is_logarithmic(
    make_record: Make, texts: Texts, rates: list[float], scale: str
) -> None:
    figure = draw(make_record(3, learning_rate=rates))
    assert figure.axes[-1].get_yscale() == scale
    if scale == "log":
        assert {"0.0001", "0.1"} <= set(texts(figure))


def test_a_run_that_was_not_tested_says_so(make_record: Make, texts: Texts) -> None:
    figure = draw(make_record(2, test=None))
    assert any("not tested, validation 90.00 %" in text for text in texts(figure))


def test_without_epochs_it_is_one_line(make_record: Make) -> None:
    with pytest.raises(BenchError, match=r"^run cnn, seed 0, .*: no epochs .*failed: diverged\)$"):
        draw(make_record(0, status="failed", reason="diverged"))
