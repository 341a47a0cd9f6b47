"""Names of run folders and rows, and what makes a name fit for a path."""

import re
from collections.abc import Iterable

from fmnist_bench.errors import BenchError
from fmnist_bench.runs.record import Record

_FIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def run_name(record: Record) -> str:
    """Return the name of the folder that `record` belongs in."""
    return folder_name(record.row.name, record.dataset, record.seed, record.identity)


def folder_name(row: str, dataset: str, seed: int, identity: str) -> str:
    return f"{row}-{dataset}-s{seed}-{identity[:12]}"


def fit_for_a_folder(name: str) -> bool:
    """Whether `name` can be a folder's name anywhere, and nothing but that."""
    return bool(_FIT.fullmatch(name)) and not name.endswith(".")


def row_names(given: Iterable[str]) -> list[str]:
    """Return row names from a command line.

    Raises:
        BenchError: one is not fit for a folder.
    """
    names = list(given)
    for name in names:
        if not fit_for_a_folder(name):
            raise BenchError(
                f"row {name!r}: expected letters, digits, dots, dashes and underscores; "
                "the board lists the rows"
            )
    return names
