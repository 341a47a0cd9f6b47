import pytest
import torch
from scipy import stats
from torch import Generator, Tensor
from torchvision.transforms.v2 import functional as reference

from fmnist_bench.data.augment import QuarterTurns
from fmnist_bench.errors import BenchError


def test_every_image_is_torchvisions_rotation(images: Tensor) -> None:
    turns = QuarterTurns(p=1, degrees=[90, 270, 180])
    places = torch.arange(len(images))[:, None] % 4
    angles = [[0, 90, 270, 180][place] for place in places.flatten().tolist()]
    expected = [reference.rotate(image, angle) for image, angle in zip(images, angles, strict=True)]
    assert torch.equal(turns.apply(images, places), torch.stack(expected))


def test_angles_are_drawn_as_often_as_asked() -> None:
    turns = QuarterTurns(p=0.5, degrees=[90, 180])
    drawn = turns.draw(torch.arange(10_000), 0, Generator().manual_seed(0))
    counts = torch.bincount(drawn.flatten(), minlength=3)
    assert stats.chisquare(counts.numpy(), [5000, 2500, 2500]).pvalue > 0.01


def test_a_quarter_turn_of_an_oblong_is_refused() -> None:
    oblong = torch.zeros(2, 1, 20, 31)
    with pytest.raises(BenchError, match="20x31, expected square ones"):
        QuarterTurns(p=1, degrees=[90]).apply(oblong, torch.ones(2, 1, dtype=torch.long))
