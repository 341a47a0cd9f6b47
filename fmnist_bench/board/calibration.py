"""Whether a net's confidence can be believed."""

import numpy as np
from numpy.typing import NDArray

BINS = 15
"""As in Guo et al. 2017, "On calibration of modern neural networks"."""


def calibration_error(confidence: NDArray[np.float16], correct: NDArray[np.bool_]) -> float:
    """Return the expected calibration error: mean gap of confidence and accuracy by bin.

    Both have shape (images,); bins are of equal width, and weigh by their images.
    """
    # Bins are open below and closed above, as in the paper.
    bins = np.clip(np.ceil(confidence.astype(np.float64) * BINS) - 1, 0, BINS - 1).astype(int)
    gaps = np.bincount(bins, confidence.astype(np.float64) - correct, minlength=BINS)
    return float(np.abs(gaps).sum() / len(correct))
