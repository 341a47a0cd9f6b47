import pytest
import torch
from scipy import stats
from torch import Generator, Tensor
from torchvision.transforms.v2 import functional as reference

from fmnist_bench.data.augment import RandomCrop
from fmnist_bench.errors import BenchError


@pytest.mark.parametrize(("mode", "theirs"), [("zero", "constant"), ("reflect", "reflect")])
@pytest.mark.parametrize("padding", [1, 2, 4])
def test_every_image_is_torchvisions_pad_and_crop(
    images: Tensor, mode: str, theirs: str, padding: int
) -> None:
    crop = RandomCrop(padding=padding, mode=mode)
    offsets = crop.draw(torch.arange(len(images)), 0, Generator().manual_seed(0))
    # The corners, too, whatever was drawn.
    offsets[:4] = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]]) * 2 * padding
    expected = [
        reference.crop(reference.pad(image, [padding], padding_mode=theirs), top, left, 28, 28)
        for image, (top, left) in zip(images, offsets.tolist(), strict=True)
    ]
    assert torch.equal(crop.apply(images, offsets), torch.stack(expected))


def test_offsets_are_uniform_over_all_places() -> None:
    crop = RandomCrop(padding=2, mode="zero")
    offsets = crop.draw(torch.arange(25_000), 0, Generator().manual_seed(0))
    counts = torch.bincount(offsets[:, 0] * 5 + offsets[:, 1], minlength=25)
    assert len(counts) == 25
    assert stats.chisquare(counts.numpy()).pvalue > 0.01


def test_reflection_wider_than_the_image_is_refused(images: Tensor) -> None:
    crop = RandomCrop(padding=28, mode="reflect")
    offsets = crop.draw(torch.arange(len(images)), 0, Generator())
    with pytest.raises(BenchError, match=r"RandomCrop padding: 28 .* less than .* 28"):
        crop.apply(images, offsets)
