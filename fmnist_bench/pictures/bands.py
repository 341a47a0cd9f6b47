"""Runs that differ in their seeds, and the band that their curves fill."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.board.terminal import plain
from fmnist_bench.pictures.axes import series
from fmnist_bench.pictures.curves import dataset_title

if TYPE_CHECKING:
    from fmnist_bench.records.record import Record


@dataclass(frozen=True)
class Group:
    """Runs of one recipe on one dataset, which differ in their seeds."""

    title: str
    records: "tuple[Record, ...]"


@dataclass(frozen=True)
class Band:
    """One quantity over the epochs, all shape (epochs,): mean, lowest and highest seed.

    At each epoch over the runs that reached it and measured it; NaN where none did. `part`
    is `train` where the runs have no validation, else `validation`.
    """

    part: str
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def groups_of(records: "Sequence[Record]") -> list[Group]:
    """Group `records` by row, recipe and dataset, in order of first appearance.

    A run given twice counts once, one without epochs not at all. The title names recipe and
    dataset where they differ.
    """
    groups: dict[tuple[str, str, str], dict[str, Record]] = {}
    for record in (each for each in records if each.history):
        key = (record.row.name, (record.recipe_digest or ""), record.dataset)
        groups.setdefault(key, {}).setdefault(record.identity, record)
    recipes = Counter(name for name, _ in {key[:2] for key in groups})
    datasets = {dataset for _, _, dataset in groups}
    titles = []
    for name, recipe, dataset in groups:
        shared = f" [{recipe[:6]}]" if recipes[name] > 1 else ""
        titles.append(
            plain(name) + shared + (f", {dataset_title(dataset)}" if len(datasets) > 1 else "")
        )
    runs = [tuple(members.values()) for members in groups.values()]
    return [Group(*each) for each in zip(titles, runs, strict=True)]


def band_of(group: Group, kind: str) -> Band | None:
    """Return the band of `kind` (loss or accuracy), None where nobody measured it."""
    for part in ("validation", "train"):
        found = band_of_series(group, part, f"{part}_{kind}")
        if found is not None:
            return found
    return None


def band_of_series(group: Group, part: str, name: str) -> Band | None:
    """Return the band of the history's `name`, None where nobody measured it."""
    curves = [series(run.history or [], name) for run in group.records]
    table = np.full((len(curves), max(map(len, curves))), np.nan)
    for row, curve in zip(table, curves, strict=True):
        row[: len(curve)] = curve
    measured = ~np.isnan(table)
    if not measured.any():
        return None
    count = measured.sum(axis=0)
    with np.errstate(invalid="ignore"):
        average = np.where(measured, table, 0).sum(axis=0) / count
    low = np.where(count, np.where(measured, table, np.inf).min(axis=0), np.nan)
    high = np.where(count, np.where(measured, table, -np.inf).max(axis=0), np.nan)
    return Band(part, average, low, high)
