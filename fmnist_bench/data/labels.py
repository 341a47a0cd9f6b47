"""The test labels, kept in the package so that scoring needs no dataset and no torch."""

import hashlib
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.data.facts import dataset_facts
from fmnist_bench.data.idx import parse_idx, read_unpacked
from fmnist_bench.errors import BenchError


def test_labels(name: str) -> NDArray[np.uint8]:
    """Return the 10,000 test labels (uint8) of dataset `name`, in published order.

    Raises:
        BenchError: the file in the package is missing or was changed.
    """
    expected = dataset_facts(name).sha256["test_labels"]
    with as_file(files("fmnist_bench.data") / "labels" / f"{name}.gz") as path:
        try:
            content = read_unpacked(path)
        except BenchError:
            content = b""
        if hashlib.sha256(content).hexdigest() != expected:
            raise BenchError(f"{path}: missing or changed; install fmnist-bench again")
        return parse_idx(content, path)
