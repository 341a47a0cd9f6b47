import pytest
import torch
from torchvision.transforms.v2 import functional as reference

from fmnist_bench.data.facts import FASHION_MNIST, MNIST, DatasetFacts
from fmnist_bench.data.scaling import PixelStatistics, Scaling, pixel_statistics
from fmnist_bench.errors import BenchError

EVERY_GREY = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)


@pytest.mark.parametrize("facts", [FASHION_MNIST, MNIST], ids=lambda facts: facts.name)
def test_standardize_is_torchvisions_normalize(facts: DatasetFacts) -> None:
    unit = reference.to_dtype(EVERY_GREY, torch.float32, scale=True)
    expected = reference.normalize(unit, [facts.mean], [facts.std])
    torch.testing.assert_close(Scaling("standardize", facts)(EVERY_GREY), expected)


def test_as_mnist_is_normalize_with_its_usual_numbers_on_any_dataset() -> None:
    unit = reference.to_dtype(EVERY_GREY, torch.float32, scale=True)
    expected = reference.normalize(unit, [0.1307], [0.3081])
    torch.testing.assert_close(Scaling("as_mnist", FASHION_MNIST)(EVERY_GREY), expected)


def test_unit_and_raw_keep_black_at_zero() -> None:
    expected = reference.to_dtype(EVERY_GREY, torch.float32, scale=True)
    torch.testing.assert_close(Scaling("unit", MNIST)(EVERY_GREY), expected)
    assert torch.equal(Scaling("raw", MNIST)(EVERY_GREY), EVERY_GREY.float())


@pytest.mark.parametrize("name", ["standardize", "unit", "raw", "as_mnist"])
def test_leaves_its_input_and_gives_float32(name: str) -> None:
    images = EVERY_GREY.clone()
    scaled = Scaling(name, MNIST)(images)
    assert scaled.dtype == torch.float32
    assert scaled.shape == images.shape
    assert torch.equal(images, EVERY_GREY)
    already_float = EVERY_GREY.float()
    Scaling(name, MNIST)(already_float)
    assert torch.equal(already_float, EVERY_GREY.float())


@pytest.mark.parametrize("shape", [(9000, 1, 7, 5), (50, 3, 8, 8)])
def test_statistics_of_each_channel_standardize_it(shape: tuple[int, ...]) -> None:
    images = torch.randint(256, shape, generator=torch.Generator().manual_seed(0)).byte()
    images[:, -1] //= 3
    found = pixel_statistics(images)
    unit = images.double().div(255).transpose(0, 1).flatten(1)
    torch.testing.assert_close(torch.tensor(found.mean).double(), unit.mean(1), check_dtype=False)
    torch.testing.assert_close(
        torch.tensor(found.std).double(), unit.std(1, correction=0), check_dtype=False
    )
    expected = reference.normalize(
        reference.to_dtype(images, torch.float32, scale=True), found.mean, found.std
    )
    torch.testing.assert_close(Scaling("standardize", found)(images), expected, atol=1e-5, rtol=0)


def test_images_of_one_grey_cannot_be_standardized() -> None:
    flat = PixelStatistics((0.5, 0.5, 0.5), (0.1, 0.0, 0.1))
    with pytest.raises(BenchError, match=r"data\.scaling: standardize cannot"):
        Scaling("standardize", flat)
    assert Scaling("unit", flat)(torch.full((1, 3, 2, 2), 255)).eq(1).all()


def test_an_unknown_scaling_is_refused() -> None:
    with pytest.raises(
        BenchError, match=r"data\.scaling: 'zscore', expected 'standardize', 'unit'"
    ):
        Scaling("zscore", MNIST)
