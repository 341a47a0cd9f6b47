from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import same_color

from fmnist_bench.board.reported import Claim, claims
from fmnist_bench.board.standings import Board, read_board
from fmnist_bench.board.verdicts import judge
from fmnist_bench.pictures.claims import COLOURS, claims_figure

ROWS = [claim for claim in claims() if claim.number]


@pytest.fixture
def board(synthetic: SimpleNamespace, tmp_path: Path) -> Board:
    """Row 3 falls short of its claim by far, row 12 reaches it."""
    for name, accuracy in (
        ("published_03_abhirajhinge", 0.88),
        ("published_12_meghanabhange", 0.904),
    ):
        synthetic.write_row(
            tmp_path / "runs", synthetic.row(name), {"fashion_mnist": synthetic.net(accuracy)}
        )
    return read_board(tmp_path)


def marks(axes: Axes, marker: str) -> dict[int, tuple[float, str, str]]:
    """Place -> x, edge and face of a marker."""
    return {
        int(line.get_ydata()[0]): (
            float(line.get_xdata()[0]),
            line.get_markeredgecolor(),
            line.get_markerfacecolor(),
        )
        for line in axes.get_lines()
        if line.get_marker() == marker
    }


def test_each_row_stands_at_its_claim_in_the_colour_of_its_verdict(board: Board) -> None:
    figure = claims_figure(board)
    (axes,) = figure.axes
    found = marks(axes, "D")
    assert len(ROWS) == len(found) == 38
    for place, claim in enumerate(ROWS):
        accuracy = claim.accuracy("fashion_mnist")
        assert accuracy is not None
        x, edge, face = found[place]
        assert x == pytest.approx(100 * accuracy)
        assert (face == "none") == (claim.data != "current"), claim.number
        runs = board.measured.get((claim.experiment or "", "fashion_mnist"), np.empty(0))
        expected = COLOURS.get(judge(claim, runs).kind)
        assert expected is None or same_color(edge, expected)
    by_number = {claim.number: place for place, claim in enumerate(ROWS)}
    assert same_color(found[by_number[3]][1], COLOURS["too high"])
    assert same_color(found[by_number[12]][1], COLOURS["holds"])
    said = [text.get_text() for text in axes.child_axes[0].get_yticklabels()]
    assert said[by_number[3]].startswith("too high 2.")
    assert said[by_number[12]] == "holds"


def test_a_claim_that_holds_lies_on_its_band_and_one_too_high_beside_it(board: Board) -> None:
    (axes,) = claims_figure(board).axes
    bands = {
        int(line.get_ydata()[0]): tuple(map(float, line.get_xdata()))
        for line in axes.get_lines()
        if line.get_linewidth() == 5
    }
    means = marks(axes, "|")
    claimed = marks(axes, "D")
    judged = {place: claim.number for place, claim in enumerate(ROWS) if place in bands}
    assert sorted(filter(None, judged.values())) == [3, 12]
    for place, number in judged.items():
        low, high = bands[place]
        assert low < means[place][0] < high
        assert (low < claimed[place][0] < high) == (number == 12)


def test_misprints_are_crosses_at_what_was_printed(board: Board) -> None:
    (axes,) = claims_figure(board).axes

    def misprinted(claim: Claim) -> bool:
        return claim.corrected is not None and claim.corrected != claim.fashion_mnist

    expected = {p: 100 * c.fashion_mnist for p, c in enumerate(ROWS) if misprinted(c)}  # type: ignore[operator]
    assert {place: x for place, (x, _, _) in marks(axes, "x").items()} == pytest.approx(expected)
    assert len(expected) == 3
