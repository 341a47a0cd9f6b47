from itertools import combinations

import numpy as np
import pytest

from fmnist_bench.pictures.style import COLOURS, LOOKS

# Machado, Oliveira and Fernandes 2009, "A physiologically-based model for simulation of color
# vision deficiency", table 1, severity 1.0; for linear RGB.
DEFICIENCIES = {
    "none": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}
TO_XYZ = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
WHITE = [0.9505, 1.0, 1.089]


def lab(colour: str, deficiency: str) -> np.ndarray:
    """CIELAB of an sRGB hex colour as somebody with the deficiency sees it."""
    srgb = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(DEFICIENCIES[deficiency]) @ linear, 0, 1)
    relative = np.array(TO_XYZ) @ seen / WHITE
    f = np.where(relative > 216 / 24389, np.cbrt(relative), (24389 / 27 * relative + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_colours_stay_apart(deficiency: str) -> None:
    """A CIE76 distance of 2.3 is just noticeable; ten is plain even in a thin line."""
    seen = [lab(colour, deficiency) for colour in (*COLOURS, "#ffffff")]
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 10


def test_looks_differ_without_their_colours() -> None:
    for part in ("linestyle", "marker"):
        assert len({str(getattr(look, part)) for look in LOOKS}) == len(LOOKS) == len(COLOURS)
