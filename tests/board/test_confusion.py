import numpy as np
import sklearn.metrics

from fmnist_bench.board.confusion import confusion_matrix, most_confused


def test_counts_are_sklearns() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 10, 500).astype(np.uint8)
    predicted = random.integers(0, 9, (3, 500)).astype(np.uint8)  # class 9 is never predicted
    expected = sklearn.metrics.confusion_matrix(
        np.tile(labels, 3), predicted.ravel(), labels=range(10)
    )
    assert np.array_equal(confusion_matrix(labels, predicted), expected)


def test_confusion_counts_both_ways_and_not_the_right_answers() -> None:
    matrix = np.zeros((10, 10), np.int64)
    matrix[3, 3] = 1000
    matrix[0, 6], matrix[6, 0] = 30, 25
    matrix[2, 4] = 50
    assert most_confused(matrix) == (0, 6, 55)
