"""Reading idx files, the format that MNIST and Fashion-MNIST are published in."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.errors import BenchError

_GZIP_MAGIC = b"\x1f\x8b"
_UINT8 = 0x08
_ELEMENT_TYPES = {
    0x09: "int8",
    0x0B: "int16",
    0x0C: "int32",
    0x0D: "float32",
    0x0E: "float64",
}


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Return the uint8 array of an idx file, gzipped or raw.

    Shape (n,) for labels, (n, height, width) for images.

    Raises:
        BenchError: the file is missing, truncated, corrupt, or not an idx file of
            1 or 3 dimensions of uint8.
    """
    return parse_idx(read_unpacked(path), path)


def read_unpacked(path: Path) -> bytes:
    """Return the uncompressed content of `path`, gzipped or not.

    Raises:
        BenchError: the file is missing or unreadable, or its gzip stream is broken.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BenchError(
            f"{path}: cannot be read ({error.strerror}); expected an idx file"
        ) from None
    # Told by the content, because browsers unpack a download without renaming it.
    if not content.startswith(_GZIP_MAGIC):
        return content
    try:
        return gzip.decompress(content)
    except EOFError:
        raise BenchError(f"{path}: truncated gzip file; fetch it again") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise BenchError(f"{path}: corrupt gzip file ({error}); fetch it again") from None


def is_gzip(path: Path) -> bool:
    """Say whether the file begins like a gzip stream, whatever its name."""
    with path.open("rb") as file:
        return file.read(2) == _GZIP_MAGIC


def parse_idx(content: bytes, path: Path) -> NDArray[np.uint8]:
    """Return the array that the uncompressed idx `content` of `path` holds.

    The format is two zero bytes, one for the element type, one for the number of
    dimensions, each dimension as a big-endian int32, then the elements
    (http://yann.lecun.com/exdb/mnist/).

    Raises:
        BenchError: as `read_idx`.
    """
    if len(content) < 4 or content[:2] != b"\0\0":
        raise BenchError(
            f"{path}: not an idx file (begins with {content[:4].hex() or 'nothing'}, "
            "expected 00000801 for labels or 00000803 for images); fetch it again"
        )
    element, dimensions = content[2], content[3]
    if element != _UINT8:
        name = _ELEMENT_TYPES.get(element, f"unknown type 0x{element:02x}")
        raise BenchError(
            f"{path}: holds {name}, expected uint8; convert it to an idx file of uint8"
        )
    if dimensions not in (1, 3):
        raise BenchError(
            f"{path}: has {dimensions} dimensions, expected 1 (labels) or 3 (images); "
            "convert it to that shape"
        )
    start = 4 + 4 * dimensions
    shape = tuple(int.from_bytes(content[at : at + 4], "big") for at in range(4, start, 4))
    size = start + math.prod(shape)
    if len(content) < size:
        raise BenchError(
            f"{path}: truncated ({len(content)} bytes, its header says {size}); fetch it again"
        )
    if len(content) > size:
        raise BenchError(
            f"{path}: too long ({len(content)} bytes, its header says {size}); fetch it again"
        )
    # A copy: PyTorch warns about arrays it may not write to.
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape).copy()
