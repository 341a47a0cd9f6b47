from collections.abc import Callable

import pytest
import torch
from scipy import stats
from torch import Generator, Tensor
from torchvision.transforms.v2 import functional as reference

from fmnist_bench.data.augment import AlternatingFlip, HorizontalFlip, VerticalFlip


@pytest.mark.parametrize(
    ("flip", "theirs"),
    [
        (HorizontalFlip(p=0.5), reference.horizontal_flip),
        (VerticalFlip(p=0.5), reference.vertical_flip),
        (AlternatingFlip(), reference.horizontal_flip),
    ],
)
def test_flipped_images_are_torchvisions(
    images: Tensor, flip: HorizontalFlip, theirs: Callable[[Tensor], Tensor]
) -> None:
    flipped = flip.draw(torch.arange(len(images)), 0, Generator().manual_seed(0))
    assert 0 < flipped.sum() < len(images)
    expected = [
        theirs(image) if chosen else image
        for image, chosen in zip(images, flipped[:, 0].tolist(), strict=True)
    ]
    assert torch.equal(flip.apply(images, flipped), torch.stack(expected))


@pytest.mark.parametrize("kind", [HorizontalFlip, VerticalFlip])
@pytest.mark.parametrize("p", [0.2, 0.5])
def test_images_are_flipped_as_often_as_asked(kind: type[HorizontalFlip], p: float) -> None:
    flipped = kind(p=p).draw(torch.arange(20_000), 0, Generator().manual_seed(0))
    assert stats.binomtest(int(flipped.sum()), 20_000, p).pvalue > 0.01


@pytest.mark.parametrize("kind", [HorizontalFlip, VerticalFlip])
def test_certain_flips_flip_all(kind: type[HorizontalFlip]) -> None:
    assert kind(p=1).draw(torch.arange(1000), 0, Generator()).all()
    assert not kind(p=0).draw(torch.arange(1000), 0, Generator()).any()


def alternating(indices: Tensor, epoch: int, seed: int = 0) -> Tensor:
    return AlternatingFlip().draw(indices, epoch, Generator().manual_seed(seed))


def test_alternating_flip_shows_each_image_both_ways_in_two_epochs() -> None:
    indices = torch.arange(1000)
    for epoch in range(4):
        assert torch.equal(alternating(indices, epoch, 1), ~alternating(indices, epoch + 1, 2))


def test_alternating_flip_belongs_to_the_image_not_to_its_turn() -> None:
    order = torch.randperm(1000, generator=Generator().manual_seed(5))
    assert torch.equal(alternating(order, 3), alternating(torch.arange(1000), 3)[order])


def test_alternating_flip_starts_with_a_random_half() -> None:
    flipped = alternating(torch.arange(20_000), 0)[:, 0]
    assert stats.binomtest(int(flipped.sum()), 20_000, 0.5).pvalue > 0.01
    # Neighbours differ half the time, unlike in a regular pattern.
    changes = int((flipped[1:] != flipped[:-1]).sum())
    assert stats.binomtest(changes, 19_999, 0.5).pvalue > 0.01
