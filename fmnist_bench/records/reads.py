"""How often a run has read the test set, kept on disk so that a kill cannot hide one."""

from pathlib import Path

from fmnist_bench.errors import BenchError
from fmnist_bench.files import atomic_write

FILE_NAME = "test_reads"


def count_test_read(folder: Path) -> int:
    """Note in `folder` that the test set is about to be read, and return which time it is.

    Raises:
        BenchError: the count cannot be read or written.
    """
    reads = reads_of(folder) + 1
    with atomic_write(folder / FILE_NAME) as file:
        file.write(f"{reads}\n".encode())
    return reads


def reads_of(folder: Path) -> int:
    """Return how often the run in `folder` has read the test set.

    Raises:
        BenchError: the file of the count holds none.
    """
    path = folder / FILE_NAME
    try:
        return int(path.read_text())
    except FileNotFoundError:
        return 0
    except (OSError, ValueError) as error:
        raise BenchError(f"{path}: not a count ({error}); remove the run's folder") from None
