import math

import numpy as np
import pytest
import torch
from scipy import ndimage, stats
from torch import Generator, Tensor

from fmnist_bench.data.augment import RotatedCopies

COPIES = RotatedCopies(copies=2, degrees=10, flip_p=0.5)


def draw(epoch: int, count: int = 6000, seed: int = 0) -> Tensor:
    return COPIES.draw(torch.arange(count), epoch, Generator().manual_seed(seed))


@pytest.mark.parametrize("flipped", [0.0, 1.0])
def test_every_copy_is_scipys_rotation_perhaps_mirrored(images: Tensor, flipped: float) -> None:
    degrees = np.linspace(-30, 30, len(images))
    parameters = torch.tensor([[math.radians(each), flipped] for each in degrees])
    found = COPIES.apply(images, parameters.float())[:, 0].numpy()
    expected = [
        ndimage.rotate(image[0].numpy(), angle, reshape=False, order=0, mode="nearest")
        for image, angle in zip(images, degrees, strict=True)
    ]
    if flipped:
        expected = [np.flip(each, 1) for each in expected]
    # A few pixels lie half-way between two and may be rounded either way.
    assert (found == np.stack(expected)).mean() > 0.99


def test_three_epochs_show_the_image_and_its_two_copies() -> None:
    drawn = torch.stack([draw(epoch) for epoch in range(6)])
    assert torch.equal(drawn[:3], drawn[3:])
    untouched = (drawn[:3] == 0).all(2)
    assert (untouched.sum(0) == 1).all()
    # About a third of the images are shown as they are in each epoch.
    assert stats.chisquare(untouched.sum(1).numpy()).pvalue > 0.01
    copies = drawn[:3][~untouched]
    assert len(copies.unique(dim=0)) > 0.99 * len(copies)
    reach = math.radians(10)
    assert stats.kstest(copies[:, 0].numpy(), stats.uniform(-reach, 2 * reach).cdf).pvalue > 0.01
    assert stats.binomtest(int(copies[:, 1].sum()), len(copies), 0.5).pvalue > 0.01


def test_copies_are_the_same_in_every_run_and_follow_the_image() -> None:
    assert torch.equal(draw(1, seed=0), draw(1, seed=9))
    order = torch.randperm(6000, generator=Generator().manual_seed(0))
    assert torch.equal(COPIES.draw(order, 1, Generator()), draw(1)[order])
