import base64
import hashlib
import re
import struct
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from fmnist_bench.board.page.sheet import ACROSS, read_test_images, sheet
from fmnist_bench.data.facts import FASHION_MNIST, FILE_NAMES
from fmnist_bench.errors import BenchError


def test_each_picture_is_where_the_sheet_says(noise: dict[str, NDArray[np.uint8]]) -> None:
    images = noise["mnist"]
    wanted = [*range(100, 170), 9999, 0, 100]
    made = sheet(images, wanted)
    kind, encoded = made.url.split(",")
    assert kind == "data:image/png;base64"
    pixels = np.asarray(Image.open(BytesIO(base64.b64decode(encoded))))
    assert pixels.shape == (3 * 28, ACROSS * 28)
    assert set(made.places) == set(wanted)
    for index, place in made.places.items():
        top, left = 28 * (place // ACROSS), 28 * (place % ACROSS)
        assert (pixels[top : top + 28, left : left + 28] == images[index]).all()


def test_a_sheet_of_nothing_is_an_image(noise: dict[str, NDArray[np.uint8]]) -> None:
    assert sheet(noise["mnist"], []).places == {}


def test_images_come_from_the_cache_and_are_verified(
    tmp_path: Path, noise: dict[str, NDArray[np.uint8]], monkeypatch: pytest.MonkeyPatch
) -> None:
    images = noise["fashion_mnist"][:50]
    content = struct.pack(">HBB3I", 0, 8, 3, *images.shape) + images.tobytes()
    path = tmp_path / "fashion_mnist" / FILE_NAMES["test_images"]
    with pytest.raises(BenchError, match=r"no Fashion-MNIST images here.*run fmnist-bench data"):
        read_test_images("fashion_mnist", tmp_path)
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(
        BenchError, match=re.escape(f"{path}: not the published Fashion-MNIST images")
    ):
        read_test_images("fashion_mnist", tmp_path)
    digest = hashlib.sha256(content).hexdigest()
    monkeypatch.setitem(FASHION_MNIST.sha256, "test_images", digest)
    assert (read_test_images("fashion_mnist", tmp_path) == images).all()
