"""Pictures of test images for the page: one PNG for each dataset, shared by all rows."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fmnist_bench.data.facts import FILE_NAMES, dataset_facts
from fmnist_bench.data.parts import read_part
from fmnist_bench.errors import BenchError

SIDE = 28
ACROSS = 32
"""Pictures in one line of the sheet."""


@dataclass(frozen=True)
class Sheet:
    """Pictures side by side in one PNG: `url` is a data URL, `places` maps image to position.

    Position p is column p % ACROSS, line p // ACROSS, each SIDE pixels wide and high.
    """

    url: str
    places: dict[int, int]


def read_test_images(name: str, cache: Path) -> NDArray[np.uint8]:
    """Return the test images of dataset `name`, shape (10000, 28, 28), from the cache.

    Nothing is fetched: a board must not need a network.

    Raises:
        BenchError: the cache does not hold them, or holds others.
    """
    facts = dataset_facts(name)
    path = cache / name / FILE_NAMES["test_images"]
    if not path.is_file():
        raise BenchError(
            f"{path}: no {facts.title} images here, so the page shows none; "
            "run fmnist-bench data first"
        )
    found = read_part(cache / name, "test_images")
    if found.sha256 != facts.sha256["test_images"]:
        raise BenchError(
            f"{path}: not the published {facts.title} images, so the page shows none; "
            "run fmnist-bench data first"
        )
    return found.array


def sheet(images: NDArray[np.uint8], wanted: Iterable[int]) -> Sheet:
    """Return the `wanted` ones of `images`, shape (n, 28, 28), each once, in order of index."""
    places = {index: place for place, index in enumerate(sorted(set(wanted)))}
    lines = max(1, -(-len(places) // ACROSS))
    canvas = np.zeros((lines, ACROSS, SIDE, SIDE), np.uint8)
    for index, place in places.items():
        canvas[place // ACROSS, place % ACROSS] = images[index]
    pixels = canvas.transpose(0, 2, 1, 3).reshape(lines * SIDE, ACROSS * SIDE)
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "png", compress_level=9)
    encoded = base64.b64encode(buffer.getvalue()).decode()
    return Sheet(f"data:image/png;base64,{encoded}", places)
