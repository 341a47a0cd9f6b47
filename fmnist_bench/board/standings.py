"""The one table that every rendering of a board is made of: what runs showed, worked out once.

`Board` holds a `Standing` for each row; `standing.row.columns[dataset]` is a `Column` with all
figures of accuracy, its `resources` and its `properties`; `standing.row.resources` are those of
the row's runs on all datasets together. Nothing that shows a board computes a figure.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.board.agreement import Agreement, stored_agreements
from fmnist_bench.board.collect import Collected, Problem, collect
from fmnist_bench.board.column import UNVERIFIED, Column
from fmnist_bench.board.dataset import Dataset, published
from fmnist_bench.board.escape import one_line
from fmnist_bench.board.intervals import total_intervals
from fmnist_bench.board.marks import marked
from fmnist_bench.board.pareto import pareto_front
from fmnist_bench.board.reported import Claim, claims
from fmnist_bench.board.reruns import Reproduction
from fmnist_bench.board.rows import BoardRow, Key, group, in_order, left_out
from fmnist_bench.board.ties import RankRange, better, paired_tests, rank_ranges

_PROBLEMS_NAMED = 20


@dataclass(frozen=True)
class Standing:
    """One row on the board, with what is claimed for it and what re-runs of it say."""

    row: BoardRow
    claims: tuple[Claim, ...]
    reproduction: Reproduction | None

    @property
    def tier(self) -> str:
        if not self.row.runs:
            return "failed"
        if self.row.main.status == UNVERIFIED:
            return UNVERIFIED
        again = self.reproduction
        return again.tier if again is not None and again.found.shown else "evidenced"


@dataclass(frozen=True)
class Board:
    """A board; `standings` is in its order, `datasets` has the published ones first.

    `left_out` counts the runs that cannot stand on a board by reason, `duplicates` second
    copies of a run. `people` has what votes on the test images say of a row, by its key.
    copies of a run. A `local` board, from which one chooses, goes by validation accuracy.
    """

    datasets: tuple[Dataset, ...]
    standings: tuple[Standing, ...]
    claims: tuple[Claim, ...]
    left_out: dict[str, int]
    duplicates: int
    unreadable: tuple[Problem, ...]
    people: Mapping[Key, Agreement] = field(default_factory=dict)
    local: bool = False

    @cached_property
    def fronts(self) -> dict[str, dict[str, tuple[int, ...]]]:
        """Places in `standings` of the rows on the Pareto front, by dataset and kind of cost.

        Rows with gaps cannot be on it.
        """
        return {dataset.key: self._fronts(dataset.key) for dataset in self.datasets}

    @property
    def measured(self) -> dict[tuple[str, str], NDArray[np.float64]]:
        """Accuracies in [0, 1] of the runs of rows that are claimed, by row and dataset."""
        return {
            (standing.row.label.name, dataset): column.accuracies
            for standing in self.standings
            if standing.claims
            for dataset, column in standing.row.columns.items()
            if column.runs
        }

    @property
    def notes(self) -> list[str]:
        """Sentences on rows, on runs that are not on the board, and on other data; plain text."""
        notes = [
            f"{standing.row.title}: {' '.join(dict.fromkeys(sentences))}"
            for standing in self.standings
            if (sentences := [s for c in standing.row.columns.values() for s in c.sentences])
        ]
        notes += [f"{count} left out: {reason}." for reason, count in self.left_out.items()]
        if self.duplicates:
            notes.append(f"{self.duplicates} left out: second copies of a run shown here.")
        for dataset in self.datasets:
            if dataset.labels is None:
                notes.append(f"{dataset.title}: by the records, for want of published labels.")
        if count := len(self.unreadable):
            named = "; ".join(one_line(str(each)) for each in self.unreadable[:_PROBLEMS_NAMED])
            more = "; and others" if count > _PROBLEMS_NAMED else ""
            noun = "record" if count == 1 else "records"
            notes.append(f"{count} unreadable {noun} left out: {named}{more}.")
        return notes

    def _fronts(self, dataset: str) -> dict[str, tuple[int, ...]]:
        points: dict[str, dict[int, tuple[float, float]]] = {}
        for place, standing in enumerate(self.standings):
            column = standing.row.columns[dataset]
            if column.resources is None or column.missing:
                continue
            for kind, cost in column.resources.costs.items():
                if cost is not None:
                    points.setdefault(kind, {})[place] = (float(cost), column.mean)
        return {kind: tuple(pareto_front(each)) for kind, each in points.items()}


def read_board(results: Path) -> Board:
    """Collect the runs below `results` and work the board out.

    Raises:
        BenchError: `results` is no folder, or what it keeps of people's votes is spoilt.
    """
    return replace(build_board(collect(results)), people=stored_agreements(results))


def build_board(collected: Collected) -> Board:
    """Work the board out of what was read."""
    local = collected.local
    rows, reproductions = marked(group(collected.runs, by_validation=local), collected)
    first = [column.dataset for column in rows[0].columns.values()] if rows else None
    datasets = first or list(published().values())
    columns: dict[Key, dict[str, Column]] = {row.key: {} for row in rows}
    for dataset in datasets:
        for key, column in _placed(
            in_order(rows, dataset.key, by_validation=local), dataset
        ).items():
            columns[key][dataset.key] = column
    rows = [replace(row, columns=columns[row.key]) for row in rows]
    rows = in_order(rows, "fashion_mnist", by_validation=local)
    reasons = Counter(reason for run in collected.runs if (reason := left_out(run)))
    shown = sum(len(row.runs) for row in rows)
    done = sum(run.accuracy is not None and left_out(run) is None for run in collected.runs)
    return Board(
        datasets=tuple(datasets),
        standings=tuple(_standing(row, reproductions.get(row.key)) for row in rows),
        claims=claims(),
        left_out=dict(sorted(reasons.items())),
        duplicates=done - shown,
        unreadable=collected.unreadable,
        local=local,
    )


def _standing(row: BoardRow, reproduction: Reproduction | None) -> Standing:
    own = tuple(claim for claim in claims() if claim.experiment == row.label.name)
    return Standing(row, own, reproduction)


def _placed(rows: list[BoardRow], dataset: Dataset) -> dict[Key, Column]:
    """Return each row's column on `dataset` with what the others make of it.

    `rows` are in order there.
    """
    columns = {row.key: row.columns[dataset.key] for row in rows}
    several = {key: each for key, each in columns.items() if each.scored and len(each.runs) > 1}
    totals = total_intervals(
        [each.correct for each in several.values()], [each.spread for each in several.values()]
    )
    total = dict(zip(several, totals, strict=True))
    ranked = {key: each for key, each in columns.items() if each.status == "ranked"}
    titles = [row.title for row in rows if row.key in ranked]
    ranks = dict(zip(ranked, _ranks(list(ranked.values()), titles), strict=True))
    placed = {}
    for order, (key, column) in enumerate(columns.items()):
        rank, tied = ranks.get(key, (None, ()))
        placed[key] = replace(column, order=order, total=total.get(key), rank=rank, tied=tied)
    return placed


def _ranks(columns: list[Column], titles: list[str]) -> list[tuple[RankRange, tuple[str, ...]]]:
    """Return the rank of each of some ranked columns, and the titles of those it is tied with."""
    if not columns:
        return []
    hits = np.stack([column.correct.sum(axis=0) for column in columns]).astype(float)
    wins = better(paired_tests(hits, [column.spread for column in columns]))
    apart = wins | wins.T
    return [
        (ranks, tuple(title for j, title in enumerate(titles) if j != i and not apart[i, j]))
        for i, ranks in enumerate(rank_ranges(wins))
    ]
