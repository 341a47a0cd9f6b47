"""What a board has columns for: the published datasets, and whatever else runs were made on."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.data.facts import DATASETS, published_facts
from fmnist_bench.data.labels import test_labels
from fmnist_bench.records.record import Data


@dataclass(frozen=True, eq=False)
class Dataset:
    """The test images of a column; `labels` (images,) are None where they are not published.

    `key` is the data's name, with the start of its digest where other data bears that name.
    """

    key: str
    title: str
    class_names: tuple[str, ...]
    labels: NDArray[np.uint8] | None = None


@cache
def published() -> dict[str, Dataset]:
    """Return the datasets whose labels are in the package, by name."""
    return {
        name: Dataset(name, facts.title, facts.class_names, test_labels(name))
        for name, facts in DATASETS.items()
    }


def published_as(data: Data) -> Dataset | None:
    """Return the dataset of which `data` is the published files, None if it is of none."""
    return published()[data.name] if published_facts(data.name, data.digest) else None


def datasets_of(found: Iterable[Data]) -> dict[tuple[str, str | None], Dataset]:
    """Return the dataset of each name and digest: the published ones, then others by key."""
    others = {(data.name, data.digest): data for data in found if published_as(data) is None}
    names = Counter(name for name, _ in others)
    keys: dict[tuple[str, str | None], Dataset] = {
        (name, DATASETS[name].digest): dataset for name, dataset in published().items()
    }
    for name, digest in sorted(others, key=lambda each: (each[0], each[1] or "")):
        alone = names[name] == 1 and name not in DATASETS
        key = name if alone else f"{name} [{(digest or 'no digest')[:6]}]"
        keys[name, digest] = Dataset(key, key, tuple(others[name, digest].class_names))
    return keys
