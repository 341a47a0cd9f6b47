"""Data of the published format, small enough to train on in a second."""

import gzip
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fmnist_bench.config.compose import compose
from fmnist_bench.data.facts import FILE_NAMES
from fmnist_bench.jobs.prepare import prepare
from fmnist_bench.records.spec import Spec

TRAIN, TEST = 400, 100


def write_idx(path: Path, array: NDArray[np.uint8]) -> None:
    """Write `array` in the idx format, gzipped if the name says so."""
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    content = header + array.tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


@pytest.fixture(scope="session")
def idx_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four raw idx files whose classes differ in which rows of the image are bright."""
    folder = tmp_path_factory.mktemp("idx")
    random = np.random.default_rng(0)
    for part, count in (("train", TRAIN), ("test", TEST)):
        labels = np.arange(count, dtype=np.uint8) % 10
        images = random.integers(0, 100, (count, 28, 28), dtype=np.uint8)
        for image, label in zip(images, labels, strict=True):
            image[2 * label : 2 * label + 4] += 100
        write_idx(folder / FILE_NAMES[f"{part}_images"], images)
        write_idx(folder / FILE_NAMES[f"{part}_labels"], labels)
    return folder


SMALL = ("model=mlp", "trainer=cpu", "speed.threads=1", "trainer.enable_progress_bar=false")


@pytest.fixture
def small_overrides(idx_folder: Path, tmp_path: Path) -> list[str]:
    """Overrides for a run of the MLP on the small data, into the test's own folder."""
    return [
        *SMALL,
        f"data.folder={idx_folder}",
        "data.verify=false",
        "protocol.validation=100",
        "batch_size=32",
        "epochs=3",
        f"paths.outputs={tmp_path / 'outputs'}",
    ]


@pytest.fixture
def make_spec(idx_folder: Path, small_overrides: list[str]) -> Callable[..., Spec]:
    """Make the spec of such a run, changed by further overrides."""

    def make(*overrides: str) -> Spec:
        config: dict[str, Any] = compose([*small_overrides, *overrides])
        spec = prepare(config, print)
        spec.write()
        return spec

    return make
