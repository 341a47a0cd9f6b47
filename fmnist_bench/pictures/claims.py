"""The published table as a picture: what is claimed, what was measured here, and the verdict."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from fmnist_bench.board.figures import points
from fmnist_bench.board.reported import Claim
from fmnist_bench.board.reported_tables import verdict_sentence, verdicts_of
from fmnist_bench.board.standings import Board, read_board
from fmnist_bench.board.verdicts import Kind, Verdict
from fmnist_bench.pictures.canvas import check_format, new_figure, save, styled
from fmnist_bench.pictures.style import BLUE, INK, ORANGE, PALE, SKY, VERMILION

COLOURS: dict[Kind, str] = {"holds": BLUE, "too high": VERMILION, "too low": ORANGE}
"""Verdicts that a comparison came to; the others are pale."""

_ROW_HEIGHT = 0.21  # inches
_LONGEST = 44  # characters of a classifier's name
_BAND: dict[str, Any] = {"color": SKY, "lw": 5, "alpha": 0.6, "solid_capstyle": "butt"}
_MEAN: dict[str, Any] = {"ls": "", "marker": "|", "ms": 9, "mew": 1.8, "color": INK}
_MISPRINT: dict[str, Any] = {"ls": "", "marker": "x", "ms": 5, "color": PALE}


def claims_picture(results: Path, path: Path) -> Path:
    """Draw the published table beside the runs below `results`; `path` is a PNG or SVG.

    Raises:
        BenchError: as `read_board` and `save`.
    """
    check_format(path)
    return save(claims_figure(read_board(results)), path)


@styled()
def claims_figure(board: Board) -> Figure:
    """Draw each row of the published table at its claim, over where such a claim would hold."""
    measured = board.measured
    rows = [claim for claim in board.claims if claim.number]
    verdicts = verdicts_of(rows, measured)
    figure = new_figure(_ROW_HEIGHT * len(rows) + 1.4)
    figure.suptitle(verdict_sentence(rows, verdicts), size=10)
    axes = figure.subplots()
    for place, (claim, found) in enumerate(zip(rows, verdicts, strict=True)):
        runs = measured.get((claim.experiment or "", claim.dataset))
        _row(axes, place, claim, found, None if runs is None else 100 * float(runs.mean()))
    axes.set_yticks(range(len(rows)), [_label(claim) for claim in rows], size=7)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlabel("test accuracy (%), Fashion-MNIST")
    axes.grid(visible=False, axis="y")
    right = axes.secondary_yaxis("right")
    right.set_yticks(range(len(rows)), [_said(each) for each in verdicts], size=7)
    right.tick_params(length=0)
    right.spines["right"].set_visible(False)
    _explain(figure)
    return figure


def _row(axes: Axes, place: int, claim: Claim, found: Verdict, mean: float | None) -> None:
    claimed, printed = claim.accuracy(claim.dataset), claim.fashion_mnist
    if mean is not None:
        axes.plot([mean], [place], **_MEAN, zorder=3)
    if claimed is None:
        return
    if found.low is not None and found.high is not None:
        band = [100 * (claimed - found.high), 100 * (claimed - found.low)]
        axes.plot(band, [place, place], **_BAND, zorder=1)
    if printed is not None and printed != claimed:
        axes.plot([100 * printed, 100 * claimed], [place, place], ls=":", lw=0.8, color=PALE)
        axes.plot([100 * printed], [place], **_MISPRINT, zorder=2)
    colour = COLOURS.get(found.kind, PALE)
    axes.plot([100 * claimed], [place], **_claim(colour, claim.data == "current"), zorder=4)


def _claim(colour: str, current: bool) -> dict[str, Any]:
    return {"ls": "", "marker": "D", "ms": 4.5, "mec": colour, "mfc": colour if current else "none"}


def _label(claim: Claim) -> str:
    name = claim.classifier
    short = name if len(name) <= _LONGEST else name[: _LONGEST - 1].rstrip() + "…"
    return f"{short}  {claim.number}"


def _said(found: Verdict) -> str:
    if found.difference is None or found.kind == "holds":
        return found.kind
    return f"{found.kind} {points(abs(found.difference)).lstrip('+')}"


def _explain(figure: Figure) -> None:
    key: Sequence[Line2D] = [
        *(Line2D([], [], **_claim(colour, True), label=kind) for kind, colour in COLOURS.items()),
        Line2D([], [], **_claim(PALE, True), label="no verdict"),
        Line2D([], [], **_claim(PALE, False), label="hollow: old or unknown data"),
        Line2D([], [], **_MISPRINT, label="misprint"),
        Line2D([], [], **_MEAN, label="our mean"),
        Line2D([], [], **_BAND, label="where such a claim would hold (95 %)"),
    ]
    figure.legend(handles=key, loc="outside lower center", ncols=4, fontsize=7.5)
