import math

import numpy as np
import pytest
import torch
from scipy import ndimage, stats
from scipy.special import expit, logit
from torch import Generator, Tensor

from fmnist_bench.data.augment import FastaiTransforms

TRANSFORMS = FastaiTransforms(p=0.75, degrees=10, zoom=1.1, warp=0.2, light=0.2)
STILL = torch.tensor([0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])


def test_turns_and_zooms_are_scipys_with_reflected_borders(images: Tensor) -> None:
    rows = STILL.repeat(len(images), 1)
    rows[:, 0] = torch.linspace(-0.5, 0.5, len(images))
    rows[:, 1] = torch.linspace(1.0, 1.4, len(images))
    rows[:, 2] = torch.linspace(-1, 1, len(images))
    rows[:, 3] = -rows[:, 2]
    found = TRANSFORMS.apply(images.float(), rows)
    for image, result, row in zip(images, found, rows.tolist(), strict=True):
        angle, zoom, across, down = row[:4]
        turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        # scipy asks where the output pixel (y, x) comes from, in pixels from the corner.
        centre = np.array([13.5, 13.5])
        window = 14 * (zoom - 1) / zoom * np.array([down, across])
        offset = centre + turn @ (window - centre / zoom)
        expected = ndimage.affine_transform(
            image[0].numpy().astype(float), turn / zoom, offset, order=1, mode="reflect"
        )
        np.testing.assert_allclose(result[0].numpy(), expected, atol=0.05)


def test_a_warped_side_is_seen_longer_or_shorter() -> None:
    bar = torch.zeros(2, 1, 28, 28)
    bar[:, :, :, 7:21] = 255
    rows = STILL.repeat(2, 1)
    rows[1, 4] = 0.2  # the upper side shows more, so what it shows is smaller
    plain, warped = TRANSFORMS.apply(bar, rows)[:, 0] / 255
    width = warped.sum(1) / plain.sum(1)
    assert width[0].item() == pytest.approx(1 / 1.2, rel=0.03)
    assert width[-1].item() == pytest.approx(1, rel=0.03)
    assert (width.diff() > -0.01).all()


def test_light_moves_the_logarithm_of_the_odds(images: Tensor) -> None:
    pixels = images.float().clamp(1, 254)
    rows = STILL.repeat(len(images), 1)
    rows[:, 8], rows[:, 9] = 0.3, -0.2
    odds = (logit(pixels.numpy() / 255) + 0.3) * math.exp(-0.2)
    np.testing.assert_allclose(TRANSFORMS.apply(pixels, rows), 255 * expit(odds), atol=0.01)


def test_each_is_drawn_as_often_and_as_far_as_asked() -> None:
    drawn = TRANSFORMS.draw(torch.arange(8000), 0, Generator().manual_seed(0)).double().numpy()
    untouched = {0: 0.0, 1: 1.0, 4: 0.0, 8: 0.0, 9: 0.0}
    lowest = {0: -math.radians(10), 1: 1.0, 4: -0.2, 8: logit(0.4), 9: math.log(0.8)}
    for column, still in untouched.items():
        moved = drawn[:, column] != still
        assert stats.binomtest(int(moved.sum()), 8000, 0.75).pvalue > 0.01
        low, high = lowest[column], 1.1 if column == 1 else -lowest[column]
        values = drawn[moved, column]
        if column == 8:  # uniform before the logarithm
            values, low, high = expit(values), 0.4, 0.6
        assert stats.kstest(values, stats.uniform(low, high - low).cdf).pvalue > 0.01
    # The four sides are warped together, and each by itself.
    assert ((drawn[:, 4:8] != 0).sum(1) % 4 == 0).all()
    moved = drawn[drawn[:, 4] != 0]
    assert np.abs(np.corrcoef(moved[:, [0, 4, 5, 6, 7, 8, 9]].T) - np.eye(7)).max() < 0.07
