"""Runs that differ in their seeds, and the band that their curves fill."""

from collections.abc import Sequence
from itertools import zip_longest
from statistics import mean
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.board.figures import percent
from fmnist_bench.board.terminal import plain
from fmnist_bench.data.facts import title_of
from fmnist_bench.pictures.axes import series
from fmnist_bench.records.naming import marks
from fmnist_bench.records.record import Record

_EXACT = 9
"""Decimals: a mean of whole counts of test images that lies halfway between two figures is
again the number that the board has for it, and rounds as it does."""


class Group(NamedTuple):
    """Runs of one recipe on one dataset, which differ in their seeds."""

    title: str
    records: tuple[Record, ...]

    @property
    def result(self) -> str:
        """How many seeds it has, and their mean test accuracy as the board writes it."""
        seeds = f"seed {self.records[0].seed}"
        if len(self.records) > 1:
            seeds = f"{len(self.records)} seeds"
        tested = [run.test.accuracy for run in self.records if run.test]
        if not tested:
            return f"{seeds}, not tested"
        return f"{seeds}, test {percent(round(mean(tested), _EXACT))} %"


class Band(NamedTuple):
    """One quantity over the epochs, all shape (epochs,): mean, lowest and highest seed.

    At each epoch over the runs that reached it and measured it; NaN where none did. `part`
    is `training` where the runs have no validation, else `validation`.
    """

    part: str
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def groups_of(records: Sequence[Record]) -> list[Group]:
    """Group `records` by row, recipe and dataset, in order of first appearance.

    A run given twice counts once, one without epochs not at all. The title names recipe and
    dataset where they differ.
    """
    groups: dict[tuple[str, str, str], dict[str, Record]] = {}
    for record in (each for each in records if each.history):
        key = (
            record.row.name,
            record.recipe_digest or "",
            title_of(record.data.name, record.data.digest),
        )
        groups.setdefault(key, {}).setdefault(record.identity, record)
    datasets = {dataset for _, _, dataset in groups}
    found = []
    for (name, recipe, dataset), members in groups.items():
        first = {
            key[1]: next(iter(each.values())) for key, each in groups.items() if key[0] == name
        }
        title = plain(name) + marks(first)[recipe]
        title += f", {dataset}" if len(datasets) > 1 else ""
        found.append(Group(title, tuple(members.values())))
    return found


def band_of(group: Group, kind: str) -> Band | None:
    """Return the band of `kind` (loss, accuracy or rate), None where nobody measured it."""
    names = {"validation": f"validation_{kind}", "training": f"train_{kind}"}
    for part, name in names.items() if kind != "rate" else [("training", "learning_rate")]:
        curves = [series(run.history or [], name) for run in group.records]
        table = np.ma.masked_invalid(list(zip_longest(*curves, fillvalue=np.nan)))
        if table.count():
            edges = (table.mean(axis=1), table.min(axis=1), table.max(axis=1))
            return Band(part, *(edge.filled(np.nan) for edge in edges))
    return None
