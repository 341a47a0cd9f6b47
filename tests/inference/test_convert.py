from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import center_of_mass

from fmnist_bench.data.facts import DATASETS, FILE_NAMES
from fmnist_bench.data.idx import read_idx
from fmnist_bench.errors import BenchError
from fmnist_bench.inference.convert import convert, in_style, to_style
from fmnist_bench.inference.picture import Picture
from fmnist_bench.paths import cache_dir

Grey = NDArray[np.uint8]


@pytest.fixture
def shirt() -> Grey:
    """A dark T on a light ground, 300 wide and 200 high, off the middle."""
    picture = np.full((400, 500), 240, np.uint8)
    picture[100:150, 120:420] = 60
    picture[150:300, 220:320] = 30
    return picture


def box(pixels: Grey) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(pixels > 20)
    return int(rows.min()), int(rows.max()), int(columns.min()), int(columns.max())


def test_a_light_ground_is_inverted_and_the_longest_side_fitted(shirt: Grey) -> None:
    converted = to_style(shirt, "fashion_mnist")
    assert converted.steps[0] == "inverted (its border is lighter)"
    assert converted.steps[-1] == "fitted to 28x28"
    top, bottom, left, right = box(converted.pixels)
    # 300x200 becomes 28x19 (18.7), in the middle.
    assert (left, right) == (0, 27)
    assert abs((bottom - top + 1) - 19) <= 1
    assert abs((top + bottom) / 2 - 13.5) <= 0.5
    assert converted.pixels.max() == 255
    assert converted.pixels[0, 0] == 0
    # The sleeves (60) are less far from the ground than the body (30).
    assert converted.pixels[6, 2] == pytest.approx(255 * (240 - 60) / (240 - 30), abs=3)


def test_a_dark_ground_is_not_inverted_and_gives_the_same(shirt: Grey) -> None:
    dark = to_style(255 - shirt, "fashion_mnist")
    assert dark.steps[0] == "not inverted (dark border)"
    np.testing.assert_array_equal(dark.pixels, to_style(shirt, "fashion_mnist").pixels)


def test_a_middling_ground_is_judged_against_the_subject() -> None:
    for ground in (110, 145):
        for subject, dark in ((20, True), (250, False)):
            picture = np.full((100, 100), ground, np.uint8)
            picture[20:80, 40:60] = subject
            converted = to_style(picture, "fashion_mnist")
            assert converted.steps[0].startswith("inverted") == dark
            assert (converted.pixels[:, 13:15] > 200).all()


def test_the_size_that_is_named_is_the_subjects(shirt: Grey) -> None:
    step = to_style(shirt, "fashion_mnist").steps[1]
    width, height = map(int, step.removeprefix("cropped to ").split("x"))
    assert abs(width - 300) <= 4 and abs(height - 200) <= 4


def test_noise_and_shadow_stay_outside(shirt: Grey) -> None:
    noise = np.random.default_rng(0).normal(0, 4, shirt.shape)
    shadow = np.linspace(0, -12, shirt.shape[0])[:, None]
    noisy = np.clip(shirt + noise + shadow, 0, 255).astype(np.uint8)
    clean = to_style(shirt, "fashion_mnist").pixels.astype(int)
    assert np.abs(to_style(noisy, "fashion_mnist").pixels - clean).mean() < 8


def test_digits_are_fitted_to_20_and_centred_by_mass(shirt: Grey) -> None:
    converted = to_style(shirt, "mnist")
    assert converted.steps[-1] == "fitted to 20x20, centred by mass in 28x28"
    top, bottom, left, right = box(converted.pixels)
    assert right - left + 1 == 20
    assert bottom - top + 1 in (13, 14)
    np.testing.assert_allclose(center_of_mass(converted.pixels), (14, 14), atol=0.5)


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (300, 1), (28, 28), (600, 700)])
@pytest.mark.parametrize("dataset", list(DATASETS))
def test_one_shade_is_left_black(shape: tuple[int, int], dataset: str) -> None:
    converted = to_style(np.full(shape, 200, np.uint8), dataset)
    assert not converted.pixels.any()
    assert converted.steps == ("one shade all over, left black",)


@pytest.mark.parametrize("dataset", list(DATASETS))
def test_any_shape_gives_28_by_28(dataset: str) -> None:
    random = np.random.default_rng(0)
    for shape in ((1, 2), (2, 1), (3, 1000), (1000, 3), (27, 28), (257, 511)):
        picture = random.integers(0, 256, shape, np.uint8)
        converted = to_style(picture, dataset)
        assert converted.pixels.shape == (28, 28)
        assert converted.pixels.dtype == np.uint8


def test_images_in_the_style_stay_as_they_are() -> None:
    image = np.zeros((28, 28), np.uint8)
    image[2:26, 5:20] = 90
    converted = to_style(image, "fashion_mnist")
    assert converted.pixels is image
    assert not in_style(255 - image)
    assert not in_style(image[:27])
    turned_back = to_style(255 - image, "fashion_mnist").pixels
    assert turned_back[0, 14] == 255 and turned_back[14, 0] == 0


def test_pictures_for_other_data_are_fitted_whole(tmp_path: Path) -> None:
    colours = np.full((40, 20, 3), (200, 10, 30), np.uint8)
    colours[15:25, 5:15] = (0, 250, 120)
    picture = Picture(colours, Image.fromarray(colours), ())
    path = tmp_path / "a.png"
    converted = convert(picture, path, "kites", (3, 20, 30), as_is=False)
    assert converted.pixels.shape == (20, 30, 3)
    assert converted.steps == ("20x40", "fitted to 30x20, not inverted and not cropped")
    # 20x40 becomes 10x20 in the middle of 30x20; beside it there is the border's colour.
    assert (converted.pixels[:, :10] == (200, 10, 30)).all()
    assert (converted.pixels[:, 20:] == (200, 10, 30)).all()
    np.testing.assert_allclose(converted.pixels[9:11, 14:16], [[(0, 250, 120)] * 2] * 2, atol=25)
    same = convert(picture, path, "kites", (3, 40, 20), as_is=False)
    assert same.pixels is colours and same.steps == ("20x40", "taken as it is")
    assert convert(picture, path, "kites", (3, 40, 20), as_is=True).steps == ("as it is",)
    with pytest.raises(BenchError, match=r"a\.png: is 20x40; --as-is takes 30x20 of 8-bit colour"):
        convert(picture, path, "kites", (3, 20, 30), as_is=True)


def test_the_thinnest_picture_for_other_data_keeps_a_pixel(tmp_path: Path) -> None:
    line = np.full((1, 1000), 90, np.uint8)
    picture = Picture(line, Image.fromarray(line), ())
    assert convert(picture, tmp_path, "kites", (1, 8, 8), as_is=False).pixels.shape == (8, 8)


@pytest.mark.slow
@pytest.mark.parametrize("dataset", list(DATASETS))
def test_every_published_image_stays_as_it_is(dataset: str) -> None:
    folder = cache_dir() / dataset
    if not folder.is_dir():
        pytest.skip(f"{dataset} is not in the cache; fmnist-bench data fetches it")
    for part in ("train_images", "test_images"):
        for image in read_idx(folder / FILE_NAMES[part]):
            assert in_style(image)


@pytest.mark.slow
def test_enlarged_published_images_come_back() -> None:
    folder = cache_dir() / "fashion_mnist"
    if not folder.is_dir():
        pytest.skip("fashion_mnist is not in the cache; fmnist-bench data fetches it")
    errors = []
    for image in read_idx(folder / FILE_NAMES["test_images"])[:300]:
        large = np.asarray(Image.fromarray(255 - image).resize((560, 560), Image.Resampling.BOX))
        photo = np.pad(large, ((30, 80), (100, 20)), constant_values=255)
        errors.append(np.abs(to_style(photo, "fashion_mnist").pixels - image.astype(int)).mean())
    assert np.median(errors) < 10
