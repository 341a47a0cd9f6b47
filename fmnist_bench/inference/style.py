"""From any grey picture to one in the style of the dataset: light on black, fitted to 28x28.

Fashion-MNIST was made from product photos by trimming what is within 5 % of the corner's
colour, fitting the longest side to 28 pixels, sharpening, centring and negating (Xiao, Rasul
and Vollgraf 2017, arXiv:1708.07747, section 2). MNIST's digits were fitted to 20x20 and
centred by their mass (http://yann.lecun.com/exdb/mnist/). That every image of both sets
reaches 254 or 255, and that Fashion-MNIST is centred by the bounding box, is measured on
their files. Fashion-MNIST's sharpening is left out: behind a Lanczos filter it gained nothing.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 28
_DIGIT_BOX = 20
_CLOSE = 13  # 5 % of 255
_FINDING_SIDE = 256


@dataclass(frozen=True)
class Converted:
    """`pixels` (28, 28) uint8 and what was done to get there, in order."""

    pixels: NDArray[np.uint8]
    steps: tuple[str, ...]


@dataclass(frozen=True)
class _Subject:
    """`box` (left, top, right, bottom) in pixels; shades from 0 to 255.

    A shade closer to `background` than `close` belongs to it; `reach` is the farthest.
    """

    box: tuple[int, int, int, int]
    background: int
    close: int
    reach: int
    dark: bool


def in_style(grey: NDArray[np.uint8]) -> bool:
    """Whether `grey` is 28x28 on a dark background, as all 140,000 published images are."""
    if grey.shape != (SIDE, SIDE):
        return False
    corners = grey[[0, 0, -1, -1], [0, -1, 0, -1]]
    return bool(corners.min() <= _CLOSE and _border(grey).mean() < 128)


def to_style(grey: NDArray[np.uint8], dataset: str) -> Converted:
    """Convert `grey` (height, width) to the style of `dataset`.

    A picture that has it already is returned unchanged.
    """
    if in_style(grey):
        return Converted(grey, ("on a dark background, taken as it is",))
    subject = _find(grey)
    if subject is None:
        return Converted(np.zeros((SIDE, SIDE), np.uint8), ("one shade all over, left black",))
    height, width = grey.shape
    left, top, right, bottom = subject.box
    cropped = _on_black(Image.fromarray(grey).crop(subject.box), subject)
    steps = ["inverted (its border is lighter)" if subject.dark else "not inverted (dark border)"]
    if (right - left, bottom - top) != (width, height):
        steps.append(f"cropped to {right - left}x{bottom - top}")
    if dataset == "mnist":
        pixels = _centred_by_mass(_fitted(cropped, _DIGIT_BOX))
        steps.append("fitted to 20x20, centred by mass in 28x28")
    else:
        pixels = _centred(_fitted(cropped, SIDE))
        steps.append("fitted to 28x28")
    return Converted(pixels, tuple(steps))


def _border(grey: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]])


def _find(grey: NDArray[np.uint8]) -> _Subject | None:
    """Find what differs from the border, on a copy that is small enough to hide its noise."""
    step = -(-max(grey.shape) // _FINDING_SIDE)
    small = np.asarray(Image.fromarray(grey).reduce(step)).astype(np.int16)  # with a sign
    border = _border(small)
    background = int(np.median(border))
    # An uneven background counts as background as far as it varies itself.
    close = max(_CLOSE, 3 * int(np.median(np.abs(border - background))))
    distance = np.abs(small - background)
    mask = distance > close
    if not mask.any():
        return None
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    height, width = grey.shape
    box = (
        int(columns[0]) * step,
        int(rows[0]) * step,
        min(width, (int(columns[-1]) + 1) * step),
        min(height, (int(rows[-1]) + 1) * step),
    )
    dark = bool(background > small[mask].mean())
    side = mask & ((small < background) == dark)
    return _Subject(box, background, close, reach=int(distance[side].max()), dark=dark)


def _on_black(image: Image.Image, subject: _Subject) -> Image.Image:
    """Measure every shade by its distance from the background, which becomes 0.

    The farthest becomes 255 before the image is scaled, so that the filter's overshoot is
    cut off there and does not count as the lightest.
    """
    shades = np.arange(256)
    distance = subject.background - shades if subject.dark else shades - subject.background
    distance[distance <= subject.close] = 0
    scaled = np.minimum(distance * 255 / subject.reach, 255)
    return image.point(np.rint(scaled).astype(int).tolist())


def _fitted(image: Image.Image, side: int) -> NDArray[np.uint8]:
    """Scale `image` so that its longest side has `side` pixels and its lightest reaches 255."""
    factor = side / max(image.size)
    width, height = (max(1, round(length * factor)) for length in image.size)
    small = image.resize((width, height), Image.Resampling.LANCZOS)
    pixels = np.asarray(small).astype(np.float64)
    return np.rint(pixels * (255 / max(1.0, float(pixels.max())))).astype(np.uint8)


def _centred(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = pixels.shape
    # Where the rest is odd, the published images have the larger margin first.
    return _placed(pixels, (SIDE - height + 1) // 2, (SIDE - width + 1) // 2)


def _centred_by_mass(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Bring the centre of mass to pixel (14, 14), as in MNIST, if the canvas has the room."""
    height, width = pixels.shape
    mass = max(1.0, float(pixels.sum(dtype=np.float64)))
    row = float(pixels.sum(1, dtype=np.float64) @ np.arange(height)) / mass
    column = float(pixels.sum(0, dtype=np.float64) @ np.arange(width)) / mass
    top = min(max(round(SIDE / 2 - row), 0), SIDE - height)
    left = min(max(round(SIDE / 2 - column), 0), SIDE - width)
    return _placed(pixels, top, left)


def _placed(pixels: NDArray[np.uint8], top: int, left: int) -> NDArray[np.uint8]:
    canvas = np.zeros((SIDE, SIDE), np.uint8)
    canvas[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
    return canvas
