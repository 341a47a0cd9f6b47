from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fmnist_bench.errors import BenchError
from fmnist_bench.pictures.mosaic import Tile, mosaic, save_mosaic


def tiles(count: int, *, pair: bool = False, words: str = "Bag") -> list[Tile]:
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (count, 1 + pair, 28, 28), dtype=np.uint8)
    return [Tile(tuple(each), (words,)) for each in images]


def found(page: np.ndarray, image: np.ndarray) -> list[tuple[int, int, int]]:
    """Where (row, column) and at which zoom `image` stands on `page`, found by searching."""
    places = []
    for zoom in range(1, 9):
        big = image.repeat(zoom, axis=0).repeat(zoom, axis=1)
        # Where the first pixels fit; there all are compared.
        row, column = (size - zoom * 28 + 1 for size in page.shape)
        fits = np.ones((row, column), bool)
        for down, right in ((0, 0), (0, 1), (1, 0), (1, 1), (13, 13)):
            part = page[down * zoom :, right * zoom :][:row, :column]
            fits &= part == image[down, right]
        for row, column in np.argwhere(fits).tolist():
            if (page[row:, column:][: len(big), : len(big)] == big).all():
                places.append((row, column, zoom))
    return places


def test_every_pixel_of_every_image_is_there_in_order(tmp_path: Path) -> None:
    given = tiles(5, pair=True)
    path = save_mosaic(mosaic(given, 3, "Title", "note"), tmp_path / "grid.png")
    with Image.open(path) as picture:
        assert picture.format == "PNG" and picture.width <= 1660
        page = np.asarray(picture.convert("L"))
    corners = []
    for tile in given:
        (left,), (right,) = (found(page, image) for image in tile.images)
        assert right == (left[0], left[1] + 28 * left[2] + 4, left[2])
        corners.append(left[:2])
    assert corners == sorted(corners)
    rows = [row for row, _ in corners]
    assert rows[0] == rows[1] == rows[2] < rows[3] == rows[4]
    assert [column for _, column in corners[3:]] == [column for _, column in corners[:2]]


def test_words_stand_under_their_image() -> None:
    plain, worded = (
        np.asarray(mosaic(tiles(2, words=words), 2, "Title", "note").convert("L"))
        for words in (" ", "Bag")
    )
    (row, _, zoom) = found(worded, tiles(2)[0].images[0])[0]
    changed = np.nonzero((plain != worded).any(axis=1))[0]
    assert row + 28 * zoom < changed.min() and changed.max() < worded.shape[0]


def test_the_same_tiles_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = (
        save_mosaic(mosaic(tiles(3), 3, "Title", "note"), tmp_path / name).read_bytes()
        for name in ("a.png", "b.png")
    )
    assert first == second


@pytest.mark.parametrize(
    ("columns", "words"), [(0, "Bag"), (11, "Bag"), (10, "much longer words than fit")]
)
def test_columns_that_do_not_fit_are_one_line(columns: int, words: str) -> None:
    with pytest.raises(BenchError, match=rf"^--columns: {columns}, expected 1 to \d+, or"):
        mosaic(tiles(12, words=words), columns, "Title", "note")


def test_only_png(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"grid\.svg: format '\.svg', expected \.png"):
        save_mosaic(mosaic(tiles(1), 1, "Title", "note"), tmp_path / "grid.svg")
    assert not list(tmp_path.iterdir())
