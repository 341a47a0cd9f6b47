import pytest
import torch
from torchvision.transforms.v2 import functional as reference

from fmnist_bench.data.facts import FASHION_MNIST, MNIST, DatasetFacts
from fmnist_bench.data.scaling import Scaling
from fmnist_bench.errors import BenchError

EVERY_GREY = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)


@pytest.mark.parametrize("facts", [FASHION_MNIST, MNIST], ids=lambda facts: facts.name)
def test_standardize_is_torchvisions_normalize(facts: DatasetFacts) -> None:
    unit = reference.to_dtype(EVERY_GREY, torch.float32, scale=True)
    expected = reference.normalize(unit, [facts.mean], [facts.std])
    torch.testing.assert_close(Scaling("standardize", facts)(EVERY_GREY), expected)


def test_unit_and_raw_keep_black_at_zero() -> None:
    expected = reference.to_dtype(EVERY_GREY, torch.float32, scale=True)
    torch.testing.assert_close(Scaling("unit", MNIST)(EVERY_GREY), expected)
    assert torch.equal(Scaling("raw", MNIST)(EVERY_GREY), EVERY_GREY.float())


@pytest.mark.parametrize("name", ["standardize", "unit", "raw"])
def test_leaves_its_input_and_gives_float32(name: str) -> None:
    images = EVERY_GREY.clone()
    scaled = Scaling(name, MNIST)(images)
    assert scaled.dtype == torch.float32
    assert scaled.shape == images.shape
    assert torch.equal(images, EVERY_GREY)
    already_float = EVERY_GREY.float()
    Scaling(name, MNIST)(already_float)
    assert torch.equal(already_float, EVERY_GREY.float())


def test_an_unknown_scaling_is_refused() -> None:
    with pytest.raises(BenchError, match=r"data\.scaling: 'zscore', expected one of standardize"):
        Scaling("zscore", MNIST)
