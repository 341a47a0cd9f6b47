import numpy as np
import pytest
import torch
from scipy import ndimage, stats
from torch import Generator, Tensor

from fmnist_bench.data.augment import PixelShift


@pytest.mark.parametrize(("fill", "mode"), [("zero", "constant"), ("border", "nearest")])
def test_every_image_is_scipys_shift(images: Tensor, fill: str, mode: str) -> None:
    shift = PixelShift(p=0.7, pixels=[-10.5, 9.5], fill=fill)
    ways = shift.draw(torch.arange(len(images)), 0, Generator().manual_seed(0))
    ways[:3] = torch.tensor([[-28, 0], [40, 3], [0, 27]])
    expected = [
        ndimage.shift(image[0].numpy(), way, order=0, mode=mode)
        for image, way in zip(images, ways.tolist(), strict=True)
    ]
    assert np.array_equal(shift.apply(images, ways)[:, 0].numpy(), np.stack(expected))


def test_half_a_pixel_beyond_the_ends_makes_whole_ways_uniform() -> None:
    shift = PixelShift(p=1, pixels=[-10.5, 9.5], fill="zero")
    ways = shift.draw(torch.arange(20_000), 0, Generator().manual_seed(0))
    for axis in range(2):
        counts = torch.bincount(ways[:, axis] + 10, minlength=20)
        assert len(counts) == 20
        assert stats.chisquare(counts.numpy()).pvalue > 0.01


def test_other_ranges_are_rounded_and_p_leaves_images_alone() -> None:
    shift = PixelShift(p=0.5, pixels=[-2.8, 2.8], fill="border")
    ways = shift.draw(torch.arange(20_000), 0, Generator().manual_seed(0))
    counts = torch.bincount(ways[:, 0] + 3, minlength=7).double().numpy()
    shares = np.array([0.3, 1, 1, 1, 1, 1, 0.3]) / 5.6 / 2
    shares[3] += 0.5
    assert stats.chisquare(counts, shares * 20_000).pvalue > 0.01
    still = (ways == 0).all(1).double().mean()
    assert still.item() == pytest.approx(0.5 + 0.5 / 5.6**2, abs=0.02)
