"""From a picture to what the net is shown: light on black and fitted, as the dataset has it.

Fashion-MNIST was made from product photos by trimming what is within 5 % of the corner's
colour, fitting the longest side to 28 pixels, sharpening, centring and negating (Xiao, Rasul
and Vollgraf 2017, arXiv:1708.07747, section 2). MNIST's digits were fitted to 20x20 and
centred by their mass (http://yann.lecun.com/exdb/mnist/). That every image of both sets
reaches 254 or 255, and that Fashion-MNIST is centred by the bounding box, is measured on
their files. Fashion-MNIST's sharpening is left out: behind a Lanczos filter it gained nothing.

How other data was made is not known: there a picture is fitted whole, and nothing more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.Image import Resampling

from fmnist_bench.data.facts import DATASETS
from fmnist_bench.errors import BenchError
from fmnist_bench.inference.picture import Picture

SIDE = 28
_DIGIT_BOX = 20
_CLOSE = 13  # 5 % of 255
_FINDING_SIDE = 256


@dataclass(frozen=True)
class Converted:
    """`pixels` (height, width) or (height, width, 3) uint8, and what was done, in order."""

    pixels: NDArray[np.uint8]
    steps: tuple[str, ...]


class _Subject(NamedTuple):
    """Where it is (left, top, right, bottom) and what each shade from 0 to 255 becomes."""

    box: tuple[int, int, int, int]
    dark: bool
    shades: list[int]


def convert(
    picture: Picture, path: Path, dataset: str, image_shape: Sequence[int], *, as_is: bool
) -> Converted:
    """Convert `picture`, read from `path`, to images of `image_shape` (C, H, W) in `dataset`.

    With `as_is` nothing is converted; the file must then have that shape, and 8 bits.

    Raises:
        BenchError: `as_is`, and it has not.
    """
    channels, *size = image_shape
    height, width = picture.pixels.shape[:2]
    if as_is:
        if [height, width] != size or picture.steps:
            also = f" and needs: {', '.join(picture.steps)}" if picture.steps else ""
            kind = "grey" if channels == 1 else "colour"
            raise BenchError(
                f"{path}: is {width}x{height}{also}; --as-is takes {size[1]}x{size[0]} of 8-bit "
                f"{kind}, leave it away to have the image converted"
            )
        return Converted(picture.pixels, ("as it is",))
    if dataset in DATASETS:
        converted = to_style(picture.pixels, dataset)
    else:
        converted = _whole(picture.pixels, *size)
    return Converted(converted.pixels, (f"{width}x{height}", *picture.steps, *converted.steps))


def in_style(grey: NDArray[np.uint8]) -> bool:
    """Whether `grey` is 28x28 on a dark background, as all 140,000 published images are."""
    if grey.shape != (SIDE, SIDE):
        return False
    corners = grey[[0, 0, -1, -1], [0, -1, 0, -1]]
    return bool(corners.min() <= _CLOSE and _border(grey).mean() < 128)


def to_style(grey: NDArray[np.uint8], dataset: str) -> Converted:
    """Convert `grey` (height, width) to the style of the published `dataset`.

    A picture that has it already is returned unchanged.
    """
    if in_style(grey):
        return Converted(grey, ("on a dark background, taken as it is",))
    subject = _find(grey)
    if subject is None:
        return Converted(np.zeros((SIDE, SIDE), np.uint8), ("one shade all over, left black",))
    steps = ["inverted (its border is lighter)" if subject.dark else "not inverted (dark border)"]
    cropped = Image.fromarray(grey).crop(subject.box).point(subject.shades)
    if cropped.size != grey.shape[::-1]:
        steps.append(f"cropped to {cropped.width}x{cropped.height}")
    if dataset == "mnist":
        pixels = _lightened(cropped, _DIGIT_BOX)
        # The centre of mass comes to pixel (14, 14), if the canvas has the room.
        centres = _centre(pixels.sum(1)), _centre(pixels.sum(0))
        first = (max(round(SIDE / 2 - centre), 0) for centre in centres)
        corner = [min(at, SIDE - side) for at, side in zip(first, pixels.shape, strict=True)]
        steps.append("fitted to 20x20, centred by mass in 28x28")
    else:
        pixels = _lightened(cropped, SIDE)
        # Where the rest is odd, the published images have the larger margin first.
        corner = [(SIDE - side + 1) // 2 for side in pixels.shape]
        steps.append("fitted to 28x28")
    return Converted(_placed(pixels, np.zeros((SIDE, SIDE), np.uint8), *corner), tuple(steps))


def fitted(
    image: Image.Image, width: int, height: int, smooth: Resampling = Resampling.LANCZOS
) -> Image.Image:
    """Scale `image` so that it just fits into `width` and `height`, at least one pixel each."""
    factor = min(width / image.width, height / image.height)
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    return image.resize(size, smooth)


def _whole(pixels: NDArray[np.uint8], height: int, width: int) -> Converted:
    """Fit the whole picture; what it leaves is filled with the median colour of its border."""
    if pixels.shape[:2] == (height, width):
        return Converted(pixels, ("taken as it is",))
    small = np.asarray(fitted(Image.fromarray(pixels), width, height))
    canvas = np.empty((height, width, *pixels.shape[2:]), np.uint8)
    canvas[:] = np.median(_border(pixels), axis=0)
    rest = height - small.shape[0], width - small.shape[1]
    placed = _placed(small, canvas, rest[0] // 2, rest[1] // 2)
    return Converted(placed, (f"fitted to {width}x{height}, not inverted and not cropped",))


def _find(grey: NDArray[np.uint8]) -> _Subject | None:
    """Find what differs from the border, on a copy that is small enough to hide its noise.

    Shades become their distance from the background. The farthest becomes 255 before the image
    is scaled, so that the filter's overshoot is cut off there and does not count as the lightest.
    """
    step = -(-max(grey.shape) // _FINDING_SIDE)
    small = np.asarray(Image.fromarray(grey).reduce(step)).astype(np.int16)  # with a sign
    border = _border(small)
    background = int(np.median(border))
    # An uneven background counts as background as far as it varies itself.
    close = max(_CLOSE, 3 * int(np.median(np.abs(border - background))))
    mask = np.abs(small - background) > close
    found = Image.fromarray(mask).getbbox()
    if found is None:
        return None
    left, top, right, bottom = (step * edge for edge in found)
    dark = bool(background > small[mask].mean())
    sign = -1 if dark else 1
    reach = int((sign * (small[mask] - background)).max())
    distance = sign * (np.arange(256) - background)
    distance[distance <= close] = 0
    shades = np.rint(np.minimum(distance * 255 / reach, 255)).astype(int).tolist()
    box = (left, top, min(grey.shape[1], right), min(grey.shape[0], bottom))
    return _Subject(box, dark, shades)


def _lightened(image: Image.Image, side: int) -> NDArray[np.uint8]:
    """Scale `image` so that its longest side has `side` pixels and its lightest reaches 255."""
    pixels = np.asarray(fitted(image, side, side)).astype(np.float64)
    return np.rint(pixels * (255 / max(1.0, float(pixels.max())))).astype(np.uint8)


def _centre(mass: NDArray[Any]) -> float:
    return float(mass @ np.arange(len(mass))) / max(1.0, float(mass.sum()))


def _border(pixels: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([pixels[0], pixels[-1], pixels[1:-1, 0], pixels[1:-1, -1]])


def _placed(
    pixels: NDArray[np.uint8], canvas: NDArray[np.uint8], top: int, left: int
) -> NDArray[np.uint8]:
    canvas[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
    return canvas
