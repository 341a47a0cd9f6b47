"""Finding the four idx files in a folder, and keeping them in one."""

from collections.abc import Mapping
from pathlib import Path

from fmnist_bench.data.facts import FILE_NAMES
from fmnist_bench.errors import BenchError
from fmnist_bench.files import atomic_write

_TORCHVISION_FOLDERS = {"fashion_mnist": "FashionMNIST/raw", "mnist": "MNIST/raw"}


def find_files(name: str, folder: Path) -> dict[str, Path]:
    """Return part -> file of the four idx files, raw or with `.gz`, raw preferred.

    They may lie in `folder` itself or below it as torchvision lays them out
    (`FashionMNIST/raw`, `MNIST/raw`).

    Raises:
        BenchError: the folder or one of the files is missing.
    """
    if not folder.is_dir():
        raise BenchError(f"{folder}: no such folder; expected one that holds the four idx files")
    nested = folder / _TORCHVISION_FOLDERS[name]
    found = _files_in(folder) or _files_in(nested)
    missing = [base for part, base in FILE_NAMES.items() if part not in found]
    if missing:
        raise BenchError(
            f"{folder}: no {missing[0]} (raw or .gz) in it or in {nested.relative_to(folder)}; "
            "expected the four idx files"
        )
    return found


def raw_files(folder: Path) -> dict[str, Path]:
    """Return part -> path of the raw idx files that `folder` holds or is to hold."""
    return {part: folder / base for part, base in FILE_NAMES.items()}


def store(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Make `folder` hold exactly `contents`, rewriting only the files that differ.

    Raises:
        BenchError: a file cannot be written; what was there before is left as it was.
    """
    for part, path in raw_files(folder).items():
        if not (path.is_file() and path.read_bytes() == contents[part]):
            with atomic_write(path) as file:
                file.write(contents[part])


def _files_in(folder: Path) -> dict[str, Path]:
    found = {}
    for part, base in FILE_NAMES.items():
        for path in (folder / base, folder / f"{base}.gz"):
            if path.is_file():
                found[part] = path
                break
    return found
