"""The test labels, kept in the package so that scoring needs no dataset and no torch."""

import gzip
import zlib
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.data.facts import dataset_facts
from fmnist_bench.data.parts import Part
from fmnist_bench.errors import BenchError


def test_labels(name: str) -> NDArray[np.uint8]:
    """Return the 10,000 test labels (uint8) of dataset `name`, in published order.

    Raises:
        BenchError: the file in the package is missing or was changed.
    """
    expected = dataset_facts(name).sha256["test_labels"]
    resource = files("fmnist_bench.data") / "labels" / f"{name}.gz"
    try:
        content = gzip.decompress(resource.read_bytes())
    except (OSError, EOFError, zlib.error):
        content = b""
    found = Part(Path(str(resource)), content)
    if found.sha256 != expected:
        raise BenchError(f"{resource}: missing or changed; install fmnist-bench again")
    return found.array
