import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from torchvision.datasets.mnist import (
    read_image_file,
    read_label_file,
    read_sn3_pascalvincent_tensor,
)

from fmnist_bench.data.idx import read_idx
from fmnist_bench.errors import BenchError
from tests.data.files import to_idx

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 28, 20), dtype=np.uint8)
LABELS = np.arange(7, dtype=np.uint8)


@pytest.mark.parametrize(
    ("array", "torchvision_reads"), [(IMAGES, read_image_file), (LABELS, read_label_file)]
)
@pytest.mark.parametrize("gz", [False, True])
def test_reads_what_torchvision_reads(
    array: NDArray[np.uint8], torchvision_reads: Callable[[str], object], gz: bool, tmp_path: Path
) -> None:
    raw, path = tmp_path / "raw", tmp_path / "file.gz"
    raw.write_bytes(to_idx(array))
    path.write_bytes(gzip.compress(to_idx(array)) if gz else to_idx(array))
    read = read_idx(path)
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, torchvision_reads(str(raw)))
    np.testing.assert_array_equal(read, array)


@pytest.mark.parametrize("kind", ["int16", "int32"])
def test_labels_beyond_a_byte(kind: str, tmp_path: Path) -> None:
    """torchvision reads the elements; its label reader wants bytes."""
    labels = np.array([0, 1, 255, 256, 32_767], kind)
    (tmp_path / "f").write_bytes(to_idx(labels))
    read = read_idx(tmp_path / "f")
    assert read.dtype == kind and read.dtype.isnative
    np.testing.assert_array_equal(read, read_sn3_pascalvincent_tensor(str(tmp_path / "f")))
    np.testing.assert_array_equal(read, labels)


def test_colour_images(tmp_path: Path) -> None:
    images = np.arange(2 * 4 * 5 * 3, dtype=np.uint8).reshape(2, 4, 5, 3)
    (tmp_path / "f").write_bytes(to_idx(images))
    np.testing.assert_array_equal(read_idx(tmp_path / "f"), images)


def test_gz_is_found_under_the_raw_name(tmp_path: Path) -> None:
    (tmp_path / "f.gz").write_bytes(gzip.compress(to_idx(LABELS)))
    np.testing.assert_array_equal(read_idx(tmp_path / "f"), LABELS)
    (tmp_path / "f.gz").write_bytes(b"\x1f\x8bjunk")
    with pytest.raises(BenchError, match=r"f\.gz: broken gzip"):
        read_idx(tmp_path / "f")


def test_result_may_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(to_idx(LABELS))
    assert read_idx(tmp_path / "f").flags.writeable


def corrupted(packed: bytes) -> bytes:
    middle = len(packed) // 2
    return packed[:middle] + bytes([packed[middle] ^ 0xFF]) + packed[middle + 1 :]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda raw: raw[:-1], "truncated"),
        (lambda raw: raw[:10], "truncated"),
        (lambda raw: raw[:4], "truncated"),
        (lambda raw: raw + b"\0", "too long"),
        (lambda raw: b"", "not an idx file"),
        (lambda raw: raw[:3], "not an idx file"),
        (lambda raw: b"<html>not here</html>", "not an idx file"),
        (lambda raw: b"\x89PNG" + raw, "not an idx file"),
        (lambda raw: raw[:2] + b"\x0d" + raw[3:], "float32"),
        (lambda raw: raw[:2] + b"\x07" + raw[3:], "unknown type 0x07"),
        (
            lambda raw: raw[:2] + b"\x0c" + raw[3:],
            "holds int32 in 3 dimensions, expected labels of uint8",
        ),
        (lambda raw: raw[:3] + b"\x02" + raw[4:], "holds uint8 in 2 dimensions"),
        (lambda raw: gzip.compress(raw)[:-20], "broken gzip"),
        (lambda raw: corrupted(gzip.compress(raw)), "broken gzip"),
    ],
)
def test_refuses(spoil: Callable[[bytes], bytes], said: str, tmp_path: Path) -> None:
    path = tmp_path / "some-idx"
    path.write_bytes(spoil(to_idx(IMAGES)))
    with pytest.raises(BenchError) as caught:
        read_idx(path)
    message = str(caught.value)
    assert said in message
    assert message.startswith(str(path)) and "\n" not in message


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"nowhere: cannot be read \(No such file"):
        read_idx(tmp_path / "nowhere")
