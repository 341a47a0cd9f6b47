"""Reading an image file, whatever it is, as 8-bit pixels."""

import warnings
from collections.abc import Sequence
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
    """`pixels` (height, width) or (height, width, 3) uint8, and what was done to get there.

    `original` is what they were made of, with 8 bits and nothing transparent.
    """

    pixels: NDArray[np.uint8]
    original: Opened
    steps: tuple[str, ...]


def gather(paths: Sequence[Path]) -> tuple[list[tuple[Path, str | None]], int]:
    """Replace every folder in `paths` by the images in it, told by their suffix, by name.

    Returns them, each with None, and the folders that give none, with the reason; and how many
    other files there are. Folders inside and hidden files are not looked at.
    """
    found: list[tuple[Path, str | None]] = []
    skipped = 0
    for path in paths:
        if not path.is_dir():
            found.append((path, None))
            continue
        try:
            entries = sorted(path.iterdir())
        except OSError as error:
            found.append((path, f"{path}: cannot be read ({error.strerror})"))
            continue
        files = [each for each in entries if each.is_file() and not each.name.startswith(".")]
        images = [each for each in files if each.suffix.lower() in SUFFIXES]
        skipped += len(files) - len(images)
        found += [(image, None) for image in images]
        if not images:
            found.append((path, f"{path}: no images here; expected .png, .jpg or the like"))
    return found, skipped


def read_picture(path: Path, channels: int = 1) -> Picture:
    """Read the first frame of the image in `path`, turned upright: grey, or with 3 `channels`.

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
            Image.init()
            known = [name for name in _FORMATS if name in Image.OPEN]
            with Image.open(file, formats=known) as image:
                return _picture(image, channels)
    except UnidentifiedImageError:
        names = ", ".join(name.lower() for name in _FORMATS)
        raise BenchError(f"{path}: no image that can be read; expected {names}") from None
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


def _picture(image: Opened, channels: int) -> Picture:
    frames = getattr(image, "n_frames", 1)
    steps = [f"first of {frames} frames"] if frames > 1 else []
    if frames > 1:
        image.seek(0)
    image.load()
    upright = _upright(image)
    if upright is not image:
        steps.append("turned upright")
    plain, more = _to_8_bits(upright)
    pixels = np.asarray(plain)
    # A grey image saved as colour gives back its very pixels.
    if channels == 1 and pixels.ndim == 3 and (pixels == pixels[..., :1]).all():
        pixels = pixels[..., 0]
    elif channels == 1 and pixels.ndim == 3:
        pixels, more = np.asarray(plain.convert("L")), [*more, "colour to grey"]
    elif channels == 3 and pixels.ndim == 2:
        pixels, more = np.asarray(plain.convert("RGB")), [*more, "grey to colour"]
    return Picture(np.ascontiguousarray(pixels), plain, (*steps, *more))


def _upright(image: Opened) -> Opened:
    try:
        if image.getexif().get(_ORIENTATION, _UPRIGHT) == _UPRIGHT:
            return image
        return ImageOps.exif_transpose(image)
    except Exception:  # broken EXIF raises anything; the pixels are good without it
        return image


def _to_8_bits(image: Opened) -> tuple[Opened, list[str]]:
    """Return `image` in mode L or RGB."""
    if image.mode.startswith("I;16"):
        values = np.asarray(image).astype(np.uint32)
        return Image.fromarray((values // 257).astype(np.uint8)), ["16 to 8 bits"]
    if image.mode in ("I", "F"):
        return _stretched(np.asarray(image).astype(np.float64))
    if image.has_transparency_data:
        return _without_transparency(image.convert("RGBA"))
    return image.convert("L" if image.mode in ("1", "L") else "RGB"), []


def _stretched(values: NDArray[np.float64]) -> tuple[Opened, list[str]]:
    if not np.isfinite(values).all():
        raise ValueError("pixels that are not finite")
    low, high = float(values.min()), float(values.max())
    spread = np.rint((values - low) * (255 / (high - low) if high > low else 0))
    told = f"stretched from {low:g}..{high:g} to 0..255"
    return Image.fromarray(spread.astype(np.uint8)), [told]


def _without_transparency(image: Opened) -> tuple[Opened, list[str]]:
    alpha = np.asarray(image.getchannel("A"))
    if alpha.min() == 255:
        return image.convert("RGB"), []
    grey, weight = np.asarray(image.convert("RGB").convert("L")), alpha.sum(dtype=np.float64)
    dark = float((grey * (alpha / 255.0)).sum()) * 255 < 128 * weight or not weight
    name = "white" if dark else "black"
    mixed = Image.alpha_composite(Image.new("RGBA", image.size, name), image)
    return mixed.convert("RGB"), [f"transparency on {name}"]
