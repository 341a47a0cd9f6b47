"""The sides of the input comparison do the same work. How fast, no test asks."""

import numpy as np
import pytest
import torch
from torch import Tensor

from fmnist_bench.data.facts import FASHION_MNIST
from fmnist_bench.perf.comparison import Place
from fmnist_bench.perf.comparisons import input as comparison
from fmnist_bench.perf.torchvision_pipeline import dataset


@pytest.fixture(autouse=True)
def few_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "PEER_IMAGES", 600)


def places_of_the_dot(images: Tensor) -> set[tuple[int, int]]:
    """Check that each image is a standardised dot on black; return where the dots are."""
    pixels = (images * FASHION_MNIST.std + FASHION_MNIST.mean) * 255
    torch.testing.assert_close(pixels, pixels.round(), atol=0.001, rtol=0)
    lit = pixels.round() > 0
    assert (lit.flatten(1).sum(1) == 1).all()
    return {(int(row), int(column)) for _, _, row, column in lit.nonzero()}


@pytest.mark.parametrize("side", ["suite", "v1", "v2"])
def test_every_side_crops_flips_and_standardises(side: str, place: Place) -> None:
    batches = {
        "suite": lambda: comparison.suite_batches(place),
        "v1": lambda: comparison.peer_batches(place, comparison.v1_transform(), workers=0),
        "v2": lambda: comparison.peer_batches(place, comparison.v2_transform(), workers=0),
    }[side]()
    seen = set()
    for _ in range(4):
        for images, labels in batches:
            assert (images.shape, images.dtype) == ((256, 1, 28, 28), torch.float32)
            assert (labels.shape, labels.dtype) == ((256,), torch.int64)
            seen |= places_of_the_dot(images)
    # Moved by -2 to 2, and column 12 or its mirror image 15.
    rows = range(8, 13)
    assert seen == {(row, column) for row in rows for column in [*range(10, 18)]}


def test_the_sides_and_goals_fit_together(place: Place) -> None:
    built = comparison.build(place)
    for goal in built.goals:
        assert {goal.subject, goal.peer} <= set(built.sides)


def test_torchvision_reads_the_same_images(place: Place) -> None:
    for _ in range(2):  # again: the link is there already
        source = dataset(place.data, place.work, None, 20)
    picture, label = source[7]
    assert np.asarray(picture)[10, 12] == 8
    assert label == 7
    assert len(source) == 20  # type: ignore[arg-type]  # a Subset
