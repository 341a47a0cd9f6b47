from collections.abc import Callable

import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix, recall_score

from fmnist_bench.data.facts import FASHION_MNIST
from fmnist_bench.pictures.canvas import styled
from fmnist_bench.pictures.confusion import confusion_figure

Texts = Callable[[Figure], list[str]]


def test_counts_recalls_and_accuracy_are_those_of_sklearn(texts: Texts) -> None:
    random = np.random.default_rng(0)
    truth = random.integers(0, 10, 2000)
    said = np.where(random.random(2000) < 0.7, truth, random.integers(0, 10, 2000))
    matrix = confusion_matrix(truth, said)
    with styled():
        figure = confusion_figure(matrix, FASHION_MNIST.class_names, "cnn, seed 0")
    (axes, _) = figure.axes
    cells = {(round(t.get_position()[1]), round(t.get_position()[0])): t for t in axes.texts[:100]}
    assert {place: int(text.get_text()) for place, text in cells.items()} == {
        place: count for place, count in np.ndenumerate(matrix) if count
    }
    words = texts(figure)
    recalls = [f"{100 * each:.1f} %" for each in recall_score(truth, said, average=None)]
    (beside,) = axes.child_axes
    assert [label.get_text() for label in beside.get_yticklabels()] == recalls
    assert set(recalls) <= set(words)
    right = int((truth == said).sum())
    assert f"cnn, seed 0: test {right / 20:.2f} % ({right:,} of 2,000 images)" in words
    assert set(FASHION_MNIST.class_names) <= set(words)
    assert {"true class", "predicted class", "recall"} <= set(words)


def test_a_rare_mistake_is_tinted_and_ink_is_legible() -> None:
    matrix = np.diag([990] * 10)
    matrix[0, 1] = 10
    with styled():
        (axes, _) = confusion_figure(matrix, FASHION_MNIST.class_names, "x").axes
    image = axes.images[0]
    tints = image.to_rgba(image.get_array())
    assert np.abs(tints[0, 1] - tints[0, 2]).max() > 0.1
    for text in axes.texts[:11]:
        column, row = (round(place) for place in text.get_position())
        behind = tints[row, column, :3].mean()
        assert (text.get_color() == "white") == (behind < 0.6)


def test_a_class_without_images_has_no_recall(texts: Texts) -> None:
    matrix = np.diag([5] * 9 + [0])
    with styled():
        figure = confusion_figure(matrix, FASHION_MNIST.class_names, "x")
    assert "-" in texts(figure) and "0.0 %" not in texts(figure)
