import numpy as np
import pytest
import torch
from scipy import stats
from torch import Generator, Tensor
from torchvision.transforms.v2 import functional as reference

from fmnist_bench.data.augment import Cutout, RandomErasing

RECTANGLES = [(5, 9, 3, 4), (0, 0, 28, 28), (27, 27, 1, 1), (0, 20, 28, 8), (11, 0, 2, 15)]
"""Top, left, height, width."""


def erasing(value: str, p: float = 1.0) -> RandomErasing:
    return RandomErasing(p=p, area=[0.02, 0.33], aspect=[0.3, 3.3], value=value)


def as_parameters(rectangles: list[tuple[int, int, int, int]], seed: int = 0) -> Tensor:
    """The parameters of those rectangles on images of 28 x 28: shares, and places half-way."""
    return torch.tensor(
        [
            [
                height / 28,
                width / 28,
                (top + 0.5) / (28 - height + 1),
                (left + 0.5) / (28 - width + 1),
                seed,
            ]
            for top, left, height, width in rectangles
        ]
    )


def test_erased_images_are_torchvisions(images: Tensor) -> None:
    images = images[: len(RECTANGLES)]
    expected = [
        reference.erase(image, top, left, height, width, torch.zeros(1, 1, 1, dtype=torch.uint8))
        for image, (top, left, height, width) in zip(images, RECTANGLES, strict=True)
    ]
    changed = erasing("zero").apply(images, as_parameters(RECTANGLES))
    assert torch.equal(changed, torch.stack(expected))


def test_noise_fills_the_same_rectangle_and_nothing_else(images: Tensor) -> None:
    images = images[: len(RECTANGLES)]
    parameters = as_parameters(RECTANGLES, seed=12345)
    noisy = erasing("noise").apply(images, parameters)
    inside = erasing("zero").apply(torch.ones_like(images), parameters) == 0
    assert torch.equal(noisy[~inside], images[~inside])
    assert (noisy[inside] != images[inside]).float().mean() > 0.9


def test_noise_is_uniform_and_differs_between_images() -> None:
    count = 200
    erase = erasing("noise")
    parameters = as_parameters([(0, 0, 28, 28)] * count)
    parameters[:, 4] = torch.arange(count)  # neighbouring seeds are the hardest case
    noise = erase.apply(torch.zeros(count, 1, 28, 28, dtype=torch.uint8), parameters)
    greys = torch.bincount(noise.flatten().int(), minlength=256)
    assert stats.chisquare(greys.numpy()).pvalue > 0.01
    between = np.corrcoef(noise.flatten(1).numpy())
    within = np.corrcoef(noise.flatten(1).numpy().T)
    # Largest of n(n-1)/2 correlations of independent samples: six standard errors is far out.
    assert np.abs(between - np.eye(count)).max() < 6 / np.sqrt(784)
    assert np.abs(within - np.eye(784)).max() < 6 / np.sqrt(count)


def test_area_and_aspect_have_the_stated_distributions() -> None:
    erase = RandomErasing(p=1, area=[0.05, 0.25], aspect=[0.25, 4.0], value="zero")
    drawn = erase.draw(torch.arange(5000), 0, Generator().manual_seed(0)).double().numpy()
    height, width, down, across, seed = drawn.T
    # Up to a quarter of the image, every aspect from 1/4 to 4 fits.
    assert stats.kstest(height * width, stats.uniform(0.05, 0.2).cdf).pvalue > 0.01
    log_aspect = np.log(height / width) / np.log(4)
    assert stats.kstest(log_aspect, stats.uniform(-1, 2).cdf).pvalue > 0.01
    for place in (down, across, seed / 2**24):
        assert stats.kstest(place, stats.uniform(0, 1).cdf).pvalue > 0.01
    assert np.array_equal(seed, np.floor(seed))


def test_large_areas_fit_into_the_image() -> None:
    erase = RandomErasing(p=1, area=[0.4, 0.95], aspect=[0.1, 10.0], value="zero")
    drawn = erase.draw(torch.arange(5000), 0, Generator().manual_seed(0)).double().numpy()
    height, width = drawn[:, 0], drawn[:, 1]
    assert max(height.max(), width.max()) <= 1 + 1e-6
    assert stats.kstest(height * width, stats.uniform(0.4, 0.55).cdf).pvalue > 0.01


def test_places_are_uniform_over_all_that_fit() -> None:
    count = 5000
    drawn = erasing("zero").draw(torch.arange(count), 0, Generator().manual_seed(0))
    drawn[:, :2] = torch.tensor([20 / 28, 24 / 28])
    images = torch.ones(count, 1, 28, 28, dtype=torch.uint8)
    erased = erasing("zero").apply(images, drawn)[:, 0] == 0
    assert (erased.sum((1, 2)) == 20 * 24).all()
    top, left = erased.any(2).int().argmax(1), erased.any(1).int().argmax(1)
    counts = torch.bincount(top * 5 + left, minlength=9 * 5)
    assert len(counts) == 45
    assert stats.chisquare(counts.numpy()).pvalue > 0.01


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_as_many_images_are_hit_as_asked(p: float) -> None:
    count = 5000
    white = torch.full((count, 1, 28, 28), 255, dtype=torch.uint8)
    for augmentation in (erasing("zero", p), Cutout(size=8, p=p)):
        drawn = augmentation.draw(torch.arange(count), 0, Generator().manual_seed(0))
        hit = int((augmentation.apply(white, drawn) == 0).flatten(1).any(1).sum())
        assert stats.binomtest(hit, count, p).pvalue > 0.01


@pytest.mark.parametrize("size", [1, 7, 12, 40])
def test_cutout_is_the_clipped_square_of_its_paper(images: Tensor, size: int) -> None:
    centres = [(0, 0), (27, 27), (0, 13), (14, 27), (9, 16)]
    images = images[: len(centres)] | 1  # no black pixel of its own
    expected = images.clone()
    for image, (y, x) in zip(expected, centres, strict=True):
        top, left = y - size // 2, x - size // 2
        image[0, max(top, 0) : max(top + size, 0), max(left, 0) : max(left + size, 0)] = 0
    drawn = torch.tensor([[1.0, (y + 0.5) / 28, (x + 0.5) / 28] for y, x in centres])
    assert torch.equal(Cutout(size=size, p=1).apply(images, drawn), expected)


def test_cutout_is_centred_on_every_pixel_alike() -> None:
    count = 28 * 28 * 20
    cutout = Cutout(size=1, p=1)
    drawn = cutout.draw(torch.arange(count), 0, Generator().manual_seed(0))
    images = torch.ones(count, 1, 28, 28, dtype=torch.uint8)
    cut = (cutout.apply(images, drawn) == 0).sum(0).flatten()
    assert cut.sum() == count
    assert stats.chisquare(cut.numpy()).pvalue > 0.01
