"""Recognising the Fashion-MNIST that was replaced on 31 August 2017.

Its training and test sets overlap, and its test set is another sample, so that
results on it cannot be compared with today's. It was published twice: sorted by
class on 25 August and shuffled on 26 August
(https://github.com/zalandoresearch/fashion-mnist, history of data/).
"""

import numpy as np
from numpy.typing import NDArray

_FIRST_TEST_LABELS = (0, 1, 2, 2, 3, 2, 8)
# Some of the byte-identical images listed in issue 44 of that repository.
_DUPLICATES = {
    "train_images": ((601, 39865), (831, 24228), (1826, 23718), (2024, 53883)),
    "test_images": ((6334, 8569),),
}


def is_old_release(part: str, array: NDArray[np.uint8]) -> bool:
    """Say whether `array` is that part of the old Fashion-MNIST.

    Args:
        part: a key of `facts.FILE_NAMES`.
        array: of the published shape of that part, and not the current release.
    """
    if part in _DUPLICATES:
        return all(bool((array[a] == array[b]).all()) for a, b in _DUPLICATES[part])
    if part == "test_labels" and tuple(array[: len(_FIRST_TEST_LABELS)]) == _FIRST_TEST_LABELS:
        return True
    in_order = bool((array[1:] >= array[:-1]).all())
    return in_order and len(np.unique(array)) == 10
