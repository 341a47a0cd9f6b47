"""How small a difference the board can see, and a picture of how it compares rows.

From the records: for pairs of ranked rows of five seeds above 90 %, the smallest true difference
that the board's own paired test finds in 80 % of repetitions. The test statistic is then
noncentral t; the least difference is its noncentrality times the standard error of the pair.
"""

from functools import cache
from itertools import combinations
from pathlib import Path

import matplotlib
import numpy as np
from scipy.optimize import brentq
from scipy.stats import nct
from scipy.stats import t as student

from fmnist_bench.board.collect import collect
from fmnist_bench.board.column import Column
from fmnist_bench.board.standings import build_board
from fmnist_bench.board.ties import ALPHA, Paired, paired_tests

POWER = 0.8
SEEDS = 5


@cache
def _ranked(results: Path) -> tuple[list[Column], Paired]:
    """Return the ranked Fashion-MNIST columns, best first, and their paired tests."""
    standings = build_board(collect(results)).standings
    columns = [
        each.row.columns["fashion_mnist"]
        for each in standings
        if "fashion_mnist" in each.row.columns
    ]
    ranked = [column for column in columns if column.rank is not None]
    hits = np.stack([column.correct.sum(axis=0) for column in ranked]).astype(np.float64)
    return ranked, paired_tests(hits, [column.spread for column in ranked])


def least_difference(error: float, freedom: float, alpha: float) -> float:
    """Return the true difference found with `POWER` by a two-sided t test at `alpha`.

    `error` is the standard error of the difference, of `freedom` degrees of freedom.
    """
    critical = student.isf(alpha / 2, freedom)
    return float(error * brentq(lambda shift: nct.sf(critical, freedom, shift) - POWER, 0, 99))


def power_table(results: Path) -> str:
    """Return the table in Markdown: what a pair needs, by how strict the test is."""
    columns, tests = _ranked(results)
    pairs = [
        (a, b)
        for a, b in combinations(range(len(columns)), 2)
        if min(columns[a].mean, columns[b].mean) > 0.9
        and len(columns[a].runs) == len(columns[b].runs) == SEEDS
    ]
    count = len(columns) * (len(columns) - 1) // 2
    lines = [
        f"| test | median of {len(pairs)} pairs | sharpest pair | bluntest pair |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name, alpha in (
        (f"one pair, p < {ALPHA}", ALPHA),
        (f"the first of {count} pairs of the board, p < {ALPHA}/{count}", ALPHA / count),
    ):
        needs = [
            100 * least_difference(tests.variance[p] ** 0.5, tests.freedom[p], alpha) for p in pairs
        ]
        cells = (np.median(needs), min(needs), max(needs))
        lines.append(f"| {name} | " + " | ".join(f"{need:.2f}" for need in cells) + " |")
    return "\n".join(lines) + "\n"


def draw(results: Path, file: Path, rows: int = 8) -> None:
    """Draw the best rows: each seed and the mean's interval; then each row against the next."""
    matplotlib.use("agg")
    from matplotlib import pyplot

    columns, tests = _ranked(results)
    best = columns[:rows]
    places = np.arange(len(best))
    figure, (left, right) = pyplot.subplots(
        1, 2, figsize=(10, 3.6), layout="constrained", sharey=True
    )
    for place, column in zip(places, best, strict=True):
        seeds = 100 * column.correct.mean(axis=1)
        left.plot(seeds, np.full(len(seeds), place), "o", color="0.7", markersize=4)
        left.plot(
            [100 * column.total.low, 100 * column.total.high], [place, place], "C0", linewidth=2
        )
        left.plot(100 * column.mean, place, "o", color="C0")
    for place in places[:-1]:
        error = tests.variance[place, place + 1] ** 0.5 * student.isf(
            0.025, tests.freedom[place, place + 1]
        )
        gap = tests.difference[place, place + 1]
        right.plot([100 * (gap - error), 100 * (gap + error)], [place + 0.5] * 2, "C1", linewidth=2)
        right.plot(100 * gap, place + 0.5, "o", color="C1")
    left.set_yticks(places, [column.record.row.name for column in best])
    left.invert_yaxis()
    left.set(xlabel="accuracy, %", title="Each seed; mean with its interval over seeds and images")
    right.axvline(0, color="0.5", linewidth=1)
    right.set(xlabel="difference, points", title="Each row minus the next, paired by image")
    figure.savefig(file)
    pyplot.close(figure)
