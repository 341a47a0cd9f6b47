"""Histograms of oriented gradients, as features for an estimator."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from skimage.feature import hog


class Hog:
    """Describes grey images by scikit-image's HOG (Dalal and Triggs, CVPR 2005), L2-Hys norm.

    A transformer of scikit-learn's interface with nothing to fit. Gradients are unsigned,
    blocks one cell apart.
    """

    def __init__(
        self, *, image_shape: Sequence[int], orientations: int, cell: int, block: int
    ) -> None:
        """Take (height, width) of the images, bins, pixels of a cell's side, cells of a block's."""
        self._shape = tuple(image_shape)
        self._settings: dict[str, Any] = {
            "orientations": orientations,
            "pixels_per_cell": (cell, cell),
            "cells_per_block": (block, block),
            "block_norm": "L2-Hys",
        }

    def fit(self, values: NDArray[Any], labels: Any = None) -> Self:
        """Return itself."""
        return self

    def transform(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Map images (n, height * width) to features (n, values)."""
        images = values.reshape(len(values), *self._shape)
        return np.stack([hog(image, **self._settings) for image in images])
