"""The board before it is text: rows with their ranks, tiers and what was left out."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from fmnist_bench.board.collect import Collected, Problem, Run, collect
from fmnist_bench.board.intervals import (
    Interval,
    Spread,
    image_interval,
    seed_interval,
    spread,
    total_intervals,
)
from fmnist_bench.board.reported import Claim, claims
from fmnist_bench.board.reruns import Rerun, read_reruns
from fmnist_bench.board.rows import BoardRow, group, left_out
from fmnist_bench.board.ties import RankRange, better, paired_tests, rank_ranges

Key = tuple[str, str]


@dataclass(frozen=True)
class Standing:
    """One row on the board. `total` is None below two runs, `rank` for unranked rows.

    `tied` holds the titles of the ranked rows that it cannot be told apart from.
    """

    row: BoardRow
    total: Interval | None
    rank: RankRange | None
    tied: tuple[str, ...]
    claims: tuple[Claim, ...]
    rerun: Rerun | None

    @property
    def tier(self) -> str:
        if not self.row.runs:
            return "failed"
        return "reproduced" if self.rerun else "evidenced"

    @cached_property
    def seeds(self) -> Interval | None:
        """t interval of the mean Fashion-MNIST accuracy on these test images."""
        column = self.row.fashion
        return seed_interval(column.accuracies) if len(column.runs) > 1 else None

    @cached_property
    def images(self) -> Interval | None:
        """Wilson interval of the Fashion-MNIST accuracy of one such net."""
        column = self.row.fashion
        return image_interval(column.mean, column.correct.shape[1]) if column.runs else None


@dataclass(frozen=True)
class Board:
    """Everything that the rendered board says."""

    standings: tuple[Standing, ...]
    claims: tuple[Claim, ...]
    left_out: dict[str, int]
    duplicates: int
    unreadable: tuple[Problem, ...]


def read_board(results: Path) -> Board:
    """Collect the runs below `results` and work the board out.

    Raises:
        BenchError: `results` is no folder.
    """
    return build_board(collect(results), *read_reruns(results))


def build_board(collected: Collected, reruns: list[Rerun], rerun_problems: list[Problem]) -> Board:
    """Work the board out of what was read."""
    runs, dropped = split(collected.runs)
    rows = group(runs)
    spreads = {row.key: spread(row.fashion.correct) for row in rows if len(row.fashion.runs) > 1}
    ranks, tied = _ranks([row for row in rows if row.status == "ranked"], spreads)
    totals = _totals(rows, spreads)
    standings = tuple(
        Standing(
            row=row,
            total=totals.get(row.key),
            rank=ranks.get(row.key),
            tied=tied.get(row.key, ()),
            claims=tuple(claim for claim in claims() if claim.experiment == row.row.name),
            rerun=_rerun(row, reruns),
        )
        for row in rows
    )
    shown = sum(len(column.runs) for row in rows for column in row.columns.values())
    done = sum(run.correct is not None for run in runs)
    unreadable = (*collected.unreadable, *rerun_problems)
    return Board(standings, claims(), dropped, done - shown, unreadable)


def split(runs: tuple[Run, ...]) -> tuple[list[Run], dict[str, int]]:
    """Split `runs` into those that stand on the board and a count of the others by reason."""
    reasons = [left_out(run) for run in runs]
    kept = [run for run, reason in zip(runs, reasons, strict=True) if reason is None]
    counts = Counter(reason for reason in reasons if reason is not None)
    return kept, dict(sorted(counts.items()))


def _ranks(
    rows: list[BoardRow], spreads: dict[Key, Spread]
) -> tuple[dict[Key, RankRange], dict[Key, tuple[str, ...]]]:
    if not rows:
        return {}, {}
    keys = [row.key for row in rows]
    hits = np.stack([row.fashion.correct.sum(axis=0) for row in rows]).astype(float)
    wins = better(paired_tests(hits, [spreads[key] for key in keys]))
    apart = wins | wins.T
    tied = {
        key: tuple(row.title for j, row in enumerate(rows) if j != i and not apart[i, j])
        for i, key in enumerate(keys)
    }
    return dict(zip(keys, rank_ranges(wins), strict=True)), tied


def _totals(rows: list[BoardRow], spreads: dict[Key, Spread]) -> dict[Key, Interval]:
    measured = [row for row in rows if row.key in spreads]
    intervals = total_intervals(
        [row.fashion.correct for row in measured], [spreads[row.key] for row in measured]
    )
    return {row.key: interval for row, interval in zip(measured, intervals, strict=True)}


def _rerun(row: BoardRow, reruns: list[Rerun]) -> Rerun | None:
    """Return the re-run that reproduces `row`, if there is one."""
    originals = {run.record.identity: run for run in row.runs}
    for rerun in reruns:
        original = originals.get(rerun.identity)
        if original is None or rerun.row != row.row.name or not rerun.within:
            continue
        if abs(float(original.hits.mean()) - rerun.original_accuracy) < 1e-9:
            return rerun
    return None
