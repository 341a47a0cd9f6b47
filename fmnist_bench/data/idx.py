"""Reading idx files, the format that MNIST and Fashion-MNIST are published in."""

import gzip
import math
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.errors import BenchError

_ELEMENTS = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_LABELS, _IMAGES = ("uint8", "int16", "int32"), ("uint8",)


def read_idx(path: Path) -> NDArray[Any]:
    """Return the array of an idx file, gzipped or raw, in the machine's byte order.

    Labels have shape (n,) and are uint8, int16 or int32; images are uint8 of shape
    (n, height, width), or (n, height, width, channels) in colour.

    Raises:
        BenchError: the file is missing, truncated, corrupt, or holds something else.
    """
    return parse_idx(read_unpacked(path), path)


def stored(path: Path) -> Path:
    """Return `path`, or `path` with `.gz` where only that exists."""
    packed = path.with_name(f"{path.name}.gz")
    return packed if packed.exists() and not path.exists() else path


def read_unpacked(path: Path) -> bytes:
    """Return the uncompressed content of `stored(path)`.

    Raises:
        BenchError: the file is missing or unreadable, or its gzip stream is broken.
    """
    path = stored(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BenchError(
            f"{path}: cannot be read ({error.strerror}); expected an idx file"
        ) from None
    # Told by the content, because browsers unpack a download without renaming it.
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        return gzip.decompress(content)
    except EOFError:
        raise BenchError(f"{path}: truncated gzip file; fetch it again") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise BenchError(f"{path}: corrupt gzip file ({error}); fetch it again") from None


def parse_idx(content: bytes, path: Path) -> NDArray[Any]:
    """Return the array that the uncompressed idx `content` of `path` holds.

    The format is two zero bytes, one for the element type, one for the number of
    dimensions, each dimension as a big-endian int32, then the elements, big-endian too
    (http://yann.lecun.com/exdb/mnist/).

    Raises:
        BenchError: as `read_idx`.
    """
    if len(content) < 4 or content[:2] != b"\0\0":
        raise BenchError(
            f"{path}: not an idx file (begins with {content[:4].hex() or 'nothing'}, "
            "expected 00000801 for labels or 00000803 for images); fetch it again"
        )
    code, dimensions = content[2], content[3]
    if dimensions not in (1, 3, 4):
        raise BenchError(
            f"{path}: has {dimensions} dimensions, expected 1 (labels), 3 (grey images) or "
            "4 (colour images); convert it to that shape"
        )
    element = np.dtype(_ELEMENTS[code]) if code in _ELEMENTS else None
    name = element.name if element else f"unknown type 0x{code:02x}"
    expected = _LABELS if dimensions == 1 else _IMAGES
    if element is None or name not in expected:
        raise BenchError(f"{path}: holds {name}, expected {' or '.join(expected)}; convert it")
    start = 4 + 4 * dimensions
    shape = tuple(int.from_bytes(content[at : at + 4], "big") for at in range(4, start, 4))
    size = start + math.prod(shape) * element.itemsize
    if len(content) != size:
        wrong = "truncated" if len(content) < size else "too long"
        raise BenchError(
            f"{path}: {wrong} ({len(content)} bytes, its header says {size}); fetch it again"
        )
    # A copy: PyTorch warns about arrays it may not write to.
    return np.frombuffer(content, element, offset=start).reshape(shape).astype(name)
