"""How people labelled the 10,000 Fashion-MNIST test images: about 67 votes for each.

Fashion-MNIST-H of T. Ishida, I. Yamane, N. Charoenphakdee, G. Niu, M. Sugiyama, "Is the Performance
of My Deep Network Too Good to Be True?", ICLR 2023, arXiv:2202.00395. The file is under the GPL, so
it is fetched and not kept here.
"""

import hashlib
import urllib.request
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.errors import BenchError
from fmnist_bench.files import atomic_write

NAME = "human-votes"
FILE_NAME = "fmh_counts.csv"
SHA256 = "bec7efff5d6f901a6224758d71caadb436dbd8de1284b0be7089d193be94ddbc"
URL = (
    "https://raw.githubusercontent.com/takashiishida/irreducible/"
    "4bc347d387c103c355d2ebff0b3983e73f4a9bc2/data/fmh_counts.csv"
)
_TIMEOUT_SECONDS = 30
_LONGEST = 10**7


def obtain_votes(*, folder: Path | None, cache: Path, say: Callable[[str], None]) -> Path:
    """Return the cached votes file, taken from `folder` if one is named, else fetched if missing.

    Raises:
        BenchError: the file has another digest, is not in `folder`, or cannot be fetched or kept.
    """
    path = votes_path(cache)
    if folder is not None:
        return _keep(_read(folder / FILE_NAME), str(folder / FILE_NAME), path)
    if path.is_file():
        _checked(_read(path), str(path))
        say(f"votes from the cache ({path}): found")
        return path
    say(f"votes from {URL}: downloading")
    try:
        with urllib.request.urlopen(URL, timeout=_TIMEOUT_SECONDS) as answer:
            content = answer.read(_LONGEST)
    except OSError as error:
        raise BenchError(
            f"{URL}: cannot be fetched ({error}); download it elsewhere and name its folder with "
            "--folder"
        ) from None
    return _keep(content, URL, path)


def votes_path(cache: Path) -> Path:
    """Return where the votes lie in `cache` if they are there."""
    return cache / NAME / FILE_NAME


def read_votes(path: Path) -> NDArray[np.int64]:
    """Return how many people chose each class, shape (10000, 10), images in published order.

    Raises:
        BenchError: the file is missing or another than the published one.
    """
    lines = _checked(_read(path), str(path)).decode().split()
    return np.array([line.split(",") for line in lines], np.float64).astype(np.int64)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BenchError(f"{path}: cannot be read ({error.strerror})") from None


def _checked(content: bytes, source: str) -> bytes:
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        raise BenchError(
            f"{source}: SHA-256 {found[:12]}..., expected {SHA256[:12]}...; take the file of {URL}"
        )
    return content


def _keep(content: bytes, source: str, path: Path) -> Path:
    _checked(content, source)
    with atomic_write(path) as file:
        file.write(content)
    return path
