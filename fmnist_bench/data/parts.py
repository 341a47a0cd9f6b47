"""The four idx files of a dataset, its parts."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from fmnist_bench.data.facts import FILE_NAMES, digest_of
from fmnist_bench.data.idx import parse_idx, read_unpacked, stored
from fmnist_bench.errors import BenchError

_TORCHVISION_FOLDERS = {"fashion_mnist": "FashionMNIST/raw", "mnist": "MNIST/raw"}


@dataclass(frozen=True)
class Part:
    """One file as it was read: its path, and its content uncompressed."""

    path: Path
    content: bytes

    @cached_property
    def sha256(self) -> str:
        """Digest (hex) of the content."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def array(self) -> NDArray[Any]:
        """What the content holds; raises as `read_idx`."""
        return parse_idx(self.content, self.path)


Parts = Mapping[str, Part]
"""The keys of `facts.FILE_NAMES` -> what was read."""


def read_part(folder: Path, part: str) -> Part:
    """Read that part of the dataset in `folder`, raw or with `.gz`; raises as `read_idx`."""
    path = folder / FILE_NAMES[part]
    return Part(path, read_unpacked(path))


def data_digest(folder: Path) -> str:
    """Return the digest (hex) of the files that lie in `folder` now; raises as `read_idx`."""
    return digest_of({part: read_part(folder, part).sha256 for part in FILE_NAMES})


def find_folder(name: str, folder: Path) -> Path:
    """Return the folder that holds the four files of dataset `name`, raw or with `.gz`.

    That is `folder` itself, or the one below it where torchvision puts them
    (`FashionMNIST/raw`, `MNIST/raw`).

    Raises:
        BenchError: the folder or one of the files is missing.
    """
    nested = folder / _TORCHVISION_FOLDERS.get(name, "")
    here = any(stored(folder / base).is_file() for base in FILE_NAMES.values())
    home = nested if nested.is_dir() and not here else folder
    for base in FILE_NAMES.values():
        if not stored(home / base).is_file():
            raise BenchError(
                f"{home}: no {base} (raw or .gz) in it; expected a folder of the idx files "
                f"{', '.join(FILE_NAMES.values())}"
            )
    return home
