"""Reading an image file, whatever it is, as grey pixels."""

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.Image import DecompressionBombError, DecompressionBombWarning
from PIL.Image import Image as Opened

from fmnist_bench.errors import BenchError
from fmnist_bench.nets.weights import first_line

# Decoders that only read pixels: Pillow would hand an EPS file to Ghostscript, a program.
_FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "MPO", "PNG", "PPM", "TIFF", "WEBP")
SUFFIXES = {
    *(".avif", ".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"),
    *(".pbm", ".pgm", ".pnm", ".ppm"),
}
"""How the names of image files end, in lower case."""

_ORIENTATION = 0x0112  # EXIF tag
_UPRIGHT = 1


@dataclass(frozen=True)
class Picture:
    """`grey` (height, width) uint8, the image it came from, and what was done to get there."""

    grey: NDArray[np.uint8]
    original: Opened
    steps: tuple[str, ...]


def read_picture(path: Path) -> Picture:
    """Read the first frame of the image in `path`, turned upright, as 8-bit grey.

    Transparent parts become white behind a dark subject and black behind a light one. More
    than 8 bits are scaled to 8; 32-bit values are stretched from their own least and
    greatest.

    Raises:
        BenchError: it cannot be read, is no image of a known format, is damaged, or has
            more pixels than Pillow takes for harmless.
    """
    try:
        with warnings.catch_warnings(), path.open("rb") as file:
            warnings.simplefilter("ignore")  # about broken tags, which do not matter here
            warnings.simplefilter("error", DecompressionBombWarning)
            with Image.open(file, formats=_known_formats()) as image:
                return _grey(image)
    except UnidentifiedImageError:
        known = ", ".join(name.lower() for name in _FORMATS)
        raise BenchError(f"{path}: no image that can be read; expected {known}") from None
    except (DecompressionBombError, DecompressionBombWarning):
        limit = (Image.MAX_IMAGE_PIXELS or 0) // 1_000_000
        raise BenchError(f"{path}: more than {limit} million pixels; scale it down") from None
    except MemoryError:
        raise BenchError(f"{path}: too large for the memory; scale it down") from None
    except OSError as error:
        reason = error.strerror or first_line(error)
        raise BenchError(f"{path}: cannot be read ({reason})") from None
    except Exception as error:  # on damaged files each decoder raises its own
        raise BenchError(f"{path}: damaged image ({first_line(error)})") from None


def _known_formats() -> list[str]:
    Image.init()
    return [name for name in _FORMATS if name in Image.OPEN]


def _grey(image: Opened) -> Picture:
    steps = []
    frames = getattr(image, "n_frames", 1)
    if frames > 1:
        image.seek(0)
        steps.append(f"first of {frames} frames")
    image.load()
    upright = _upright(image)
    if upright is not image:
        steps.append("turned upright")
    pixels, more = _to_8_bits(upright)
    return Picture(pixels, upright, (*steps, *more))


def _upright(image: Opened) -> Opened:
    try:
        if image.getexif().get(_ORIENTATION, _UPRIGHT) == _UPRIGHT:
            return image
        return ImageOps.exif_transpose(image)
    except Exception:  # broken EXIF raises anything; the pixels are good without it
        return image


def _to_8_bits(image: Opened) -> tuple[NDArray[np.uint8], list[str]]:
    if image.mode.startswith("I;16"):
        values = np.asarray(image).astype(np.uint32)
        return (values // 257).astype(np.uint8), ["16 to 8 bits"]
    if image.mode in ("I", "F"):
        return _stretched(np.asarray(image).astype(np.float64))
    if image.has_transparency_data:
        return _without_transparency(image.convert("RGBA"))
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L")), []
    return _from_colour(image.convert("RGB"))


def _from_colour(image: Opened) -> tuple[NDArray[np.uint8], list[str]]:
    red, green, blue = image.split()
    # A grey image saved as colour gives back its very pixels.
    if red.tobytes() == green.tobytes() == blue.tobytes():
        return np.asarray(red), []
    return np.asarray(image.convert("L")), ["colour to grey"]


def _stretched(values: NDArray[np.float64]) -> tuple[NDArray[np.uint8], list[str]]:
    if not np.isfinite(values).all():
        raise ValueError("pixels that are not finite")
    low, high = float(values.min()), float(values.max())
    spread = (values - low) * (255 / (high - low) if high > low else 0)
    return np.rint(spread).astype(np.uint8), [f"stretched from {low:g}..{high:g} to 0..255"]


def _without_transparency(image: Opened) -> tuple[NDArray[np.uint8], list[str]]:
    colour, steps = _from_colour(image.convert("RGB"))
    alpha = np.asarray(image.getchannel("A"))
    if alpha.min() == 255:
        return colour, steps
    weight = float(alpha.sum(dtype=np.float64))
    brightness = float((colour * (alpha / 255)).sum()) * 255 / weight if weight else 0.0
    behind = 255 if brightness < 128 else 0
    mixed = np.rint(colour * (alpha / 255) + behind * (1 - alpha / 255)).astype(np.uint8)
    return mixed, [*steps, f"transparency on {'white' if behind else 'black'}"]
