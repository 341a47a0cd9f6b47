"""Names that records and command lines give to runs and rows."""

from collections.abc import Iterable

from fmnist_bench.errors import BenchError
from fmnist_bench.records.names import fit_for_a_folder, folder_name
from fmnist_bench.records.record import Record


def run_name(record: Record) -> str:
    """Return the name of the folder that `record` belongs in."""
    return folder_name(record.row.name, record.dataset, record.seed, record.identity)


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
