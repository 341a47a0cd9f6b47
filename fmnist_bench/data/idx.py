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
_TAKEN = {1: ("uint8", "int16", "int32"), 3: ("uint8",), 4: ("uint8",)}
"""Number of dimensions -> elements that such an array may have."""


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
        # Told by the content, because browsers unpack a download without renaming it.
        return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BenchError(f"{path}: broken gzip file ({error}); fetch it again") from None
    except OSError as error:
        said = f"cannot be read ({error.strerror}); expected an idx file"
        raise BenchError(f"{path}: {said}") from None


def parse_idx(content: bytes, path: Path) -> NDArray[Any]:
    """Return the array that the uncompressed idx `content` of `path` holds.

    The format is two zero bytes, one for the element type, one for the number of
    dimensions, each dimension as a big-endian int32, then the elements, big-endian too
    (http://yann.lecun.com/exdb/mnist/).

    Raises:
        BenchError: as `read_idx`.
    """
    if len(content) < 4 or content[:2] != b"\0\0":
        begins = content[:4].hex() or "nothing"
        raise BenchError(f"{path}: not an idx file (begins with {begins}); fetch it again")
    code, dimensions = content[2], content[3]
    element = np.dtype(_ELEMENTS[code]) if code in _ELEMENTS else None
    if element is None or element.name not in _TAKEN.get(dimensions, ()):
        name = element.name if element else f"unknown type 0x{code:02x}"
        raise BenchError(
            f"{path}: holds {name} in {dimensions} dimensions, expected labels of uint8, int16 "
            "or int32 in 1 or images of uint8 in 3, or 4 in colour; convert it"
        )
    start = 4 + 4 * dimensions
    shape = tuple(int.from_bytes(content[at : at + 4], "big") for at in range(4, start, 4))
    size = start + math.prod(shape) * element.itemsize
    if len(content) != size:
        wrong = "truncated" if len(content) < size else "too long"
        said = f"{wrong} ({len(content)} bytes, its header says {size}); fetch it again"
        raise BenchError(f"{path}: {said}")
    # A copy: PyTorch warns about arrays it may not write to.
    return np.frombuffer(content, element, offset=start).reshape(shape).astype(element.name)
