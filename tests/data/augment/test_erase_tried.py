import math

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Generator, Tensor

from fmnist_bench.data.augment import TriedErasing

AREA, ASPECT = [0.02, 0.4], [0.3, 3.33]


def erasing(p: float = 1.0, may_span: bool = False) -> TriedErasing:
    return TriedErasing(p=p, area=AREA, aspect=ASPECT, grey=72, may_span=may_span)


def draw(count: int) -> Tensor:
    return erasing().draw(torch.arange(count), 0, Generator().manual_seed(0))


def rectangle(row: list[float], may_span: bool) -> tuple[int, int, int, int]:
    """Top, left, height, width on 28x28, by the loop of the authors' code."""
    for area, aspect in zip(row[3:11], row[11:], strict=True):
        area = (AREA[0] + area * (AREA[1] - AREA[0])) * 28 * 28
        aspect = ASPECT[0] + aspect * (ASPECT[1] - ASPECT[0])
        height, width = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if max(height, width) < 28 or (may_span and max(height, width) == 28):
            top, left = math.floor(row[1] * (29 - height)), math.floor(row[2] * (29 - width))
            return top, left, height, width
    raise AssertionError("eight tries were not enough")


@pytest.mark.parametrize("may_span", [False, True])
def test_every_rectangle_is_that_of_the_authors_loop(may_span: bool) -> None:
    rows = draw(2000)
    images = torch.full((2000, 1, 28, 28), 255, dtype=torch.uint8)
    expected = images.clone()
    spanning = 0
    for image, row in zip(expected, rows.tolist(), strict=True):
        top, left, height, width = rectangle(row, may_span)
        image[0, top : top + height, left : left + width] = 72
        spanning += max(height, width) == 28
    found = erasing(may_span=may_span).apply(images, rows)
    # A side half-way between two whole numbers may be rounded either way in float32.
    assert (found == expected).flatten(1).all(1).float().mean() > 0.995
    assert (spanning > 0) == may_span


def test_eight_tries_are_as_good_as_a_hundred() -> None:
    random = np.random.default_rng(0)
    area, aspect = random.uniform(*AREA, (2, 100_000)), random.uniform(*ASPECT, (2, 100_000))
    sides = 28 * np.sqrt(np.stack((area[0] * aspect[0], area[0] / aspect[0])))
    failed = (np.round(sides).max(0) >= 28).mean()
    assert failed**8 < 1e-9


def test_as_many_images_are_hit_as_asked_and_places_are_uniform() -> None:
    rows = draw(4000)
    images = torch.full((4000, 1, 28, 28), 255, dtype=torch.uint8)
    hit = (erasing(p=0.3).apply(images, rows) == 72).flatten(1).any(1)
    assert stats.binomtest(int(hit.sum()), 4000, 0.3).pvalue > 0.01
    for place in rows[:, 1:3].T:
        assert stats.kstest(place.numpy(), stats.uniform().cdf).pvalue > 0.01
