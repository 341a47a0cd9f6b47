from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure

from fmnist_bench.board.figures import percent
from fmnist_bench.data.facts import MNIST
from fmnist_bench.errors import BenchError
from fmnist_bench.pictures.bands import Group, band_of, groups_of
from fmnist_bench.pictures.canvas import styled
from fmnist_bench.pictures.overlay import overlay_figure
from fmnist_bench.pictures.style import LOOKS
from fmnist_bench.records.record import Record, Score

Make = Callable[..., Record]
Texts = Callable[[Figure], list[str]]
NO_VALIDATION = {"validation_loss": None, "validation_accuracy": None}


@pytest.mark.filterwarnings("ignore:All-NaN slice:RuntimeWarning", "ignore:Mean of empty")
def test_a_band_is_mean_lowest_and_highest_of_what_was_measured(make_record: Make) -> None:
    losses = [[0.5, 0.4, None, 0.2], [0.7, 0.1, None], [0.6]]
    runs = [
        make_record(len(loss), seed=seed, validation_loss=loss) for seed, loss in enumerate(losses)
    ]
    band = band_of(Group("x", tuple(runs)), "loss")
    table = np.full((3, 4), np.nan)
    for row, loss in zip(table, losses, strict=True):
        row[: len(loss)] = [np.nan if value is None else value for value in loss]
    assert band is not None and band.part == "validation"
    np.testing.assert_allclose(band.mean, np.nanmean(table, axis=0))
    np.testing.assert_array_equal(band.low, np.nanmin(table, axis=0))
    np.testing.assert_array_equal(band.high, np.nanmax(table, axis=0))


def test_training_stands_in_where_there_is_no_validation(make_record: Make) -> None:
    group = Group("x", (make_record(2, train_accuracy=[0.25, 0.5], **NO_VALIDATION),))
    band = band_of(group, "accuracy")
    assert band is not None and (band.part, band.mean.tolist()) == ("training", [25, 50])
    nothing = make_record(2, train_loss=None, **NO_VALIDATION)
    assert band_of(Group("x", (nothing,)), "loss") is None


def test_runs_are_grouped_by_row_recipe_and_dataset(make_record: Make) -> None:
    first, second = make_record(seed=0), make_record(seed=1)
    other = make_record(seed=0, recipe="b")
    mlp = make_record(name="mlp")
    failed = make_record(0, seed=2)
    groups = groups_of([first, mlp, second, other, first, failed])
    assert [group.title for group in groups] == [
        "cnn [epochs=a]",
        "mlp",
        "cnn [epochs=b]",
    ]
    assert [group.records for group in groups] == [(first, second), (mlp,), (other,)]


def test_datasets_are_named_where_they_differ(make_record: Make) -> None:
    fashion = make_record()
    data = fashion.data.model_copy(update={"name": "mnist", "digest": MNIST.digest})
    mnist = fashion.model_copy(update={"data": data, "identity": "0" * 64})
    titles = [group.title for group in groups_of([fashion, mnist])]
    assert titles == ["cnn, Fashion-MNIST", "cnn, MNIST"]


def test_the_picture_has_a_line_and_a_band_for_each_group(make_record: Make, texts: Texts) -> None:
    cnn = [make_record(3, seed=seed, validation_loss=0.5 + seed) for seed in range(2)]
    mlp = make_record(5, name="mlp", **NO_VALIDATION)
    with styled():
        figure = overlay_figure([*cnn, mlp])
    loss = figure.axes[0]
    assert [np.asarray(line.get_ydata()).tolist() for line in loss.get_lines()] == [
        [1.0] * 3,
        [0.5] * 5,
    ]
    edges = [band.get_paths()[0].get_extents() for band in loss.collections]
    assert (edges[0].y0, edges[0].y1, edges[0].x1) == (0.5, 1.5, 3)
    assert [line.get_color() for line in loss.get_lines()] == [look.color for look in LOOKS[:2]]
    said = texts(figure)
    assert "cnn: 2 seeds, test 90.00 % (validation curves)" in said
    assert "mlp: seed 0, test 90.00 % (training curves)" in said
    assert "Validation or training curves, as named below" in said
    assert "Line: mean over seeds, band: lowest to highest seed" in said
    assert {"loss (nats per image)", "accuracy (%)", "learning rate", "epoch"} <= set(said)


@pytest.mark.parametrize(
    ("missing", "title", "named"),
    [
        ({}, "Validation curves", "validation curves"),
        (NO_VALIDATION, "Training curves", "training curves"),
        (
            {"validation_loss": None},
            "Validation or training curves, as named below",
            "loss: training, accuracy: validation curves",
        ),
    ],
)
def test_title_and_legend_say_what_a_curve_is(
    missing: dict[str, None], title: str, named: str, make_record: Make, texts: Texts
) -> None:
    said = texts(overlay_figure([make_record(2, **missing)]))
    assert title in said
    assert f"cnn: seed 0, test 90.00 % ({named})" in said


@pytest.mark.parametrize("runs", [2, 4, 5])
def test_a_mean_is_rounded_as_the_board_rounds_it(runs: int, make_record: Make) -> None:
    """The board divides whole counts once; halfway between two figures that decides."""
    record, total = make_record(), 10_000
    for first in range(9_190, 9_230):
        counts = [first + step for step in range(runs)]
        scored = [Score(accuracy=count / total, loss=1.0) for count in counts]
        records = tuple(record.model_copy(update={"test": each}) for each in scored)
        expected = percent(sum(counts) / (runs * total))
        assert Group("x", records).result == f"{runs} seeds, test {expected} %"


def test_one_group_too_many_is_one_line(make_record: Make) -> None:
    records = [make_record(name=f"row{number}") for number in range(len(LOOKS) + 1)]
    with pytest.raises(BenchError, match="8 recipes, expected up to 7"):
        overlay_figure(records)
    with pytest.raises(BenchError, match="no epochs in these records"):
        overlay_figure([make_record(0)])
