"""What a row's runs predict for each true class."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def confusion_matrix(
    labels: NDArray[np.integer[Any]], predicted: NDArray[np.integer[Any]], classes: int = 10
) -> NDArray[np.int64]:
    """Count true class (first axis) by predicted class over all runs.

    `labels` has shape (images,), `predicted` (runs, images).
    """
    cells = labels.astype(np.int64) * classes + predicted
    return np.bincount(cells.ravel(), minlength=classes**2).reshape(classes, classes)


def most_confused(matrix: NDArray[np.int64]) -> tuple[int, int, int]:
    """Return the two classes taken for each other most often, and how often, both ways."""
    both = np.triu(matrix + matrix.T, 1)
    first, second = np.unravel_index(int(both.argmax()), both.shape)
    return int(first), int(second), int(both[first, second])
