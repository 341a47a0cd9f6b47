"""The hardest test images of a board, each with its label and what the rows take it for."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fmnist_bench.board.collect import collect
from fmnist_bench.board.hard_images import HardImage, HardImages, hard_images
from fmnist_bench.board.rows import group
from fmnist_bench.board.standings import split
from fmnist_bench.data.facts import FILE_NAMES, dataset_facts
from fmnist_bench.data.idx import read_idx
from fmnist_bench.data.obtain import obtain
from fmnist_bench.errors import BenchError
from fmnist_bench.paths import cache_dir
from fmnist_bench.pictures.canvas import check_format
from fmnist_bench.pictures.mosaic import Tile, check_columns, mosaic, save_mosaic

if TYPE_CHECKING:
    from PIL.Image import Image

_VOTES = 2


def hard_picture(
    results: Path,
    dataset: str,
    *,
    count: int,
    columns: int,
    data_folder: Path | None,
    path: Path,
    say: Callable[[str], None],
) -> Path:
    """Draw the `count` test images that the rows below `results` find hardest, as a PNG.

    Raises:
        BenchError: an argument is wrong, no row can vote, no image is that hard, or the
            data cannot be had.
    """
    check_format(path, (".png",))
    check_columns(columns)
    if count < 1:
        raise BenchError(f"--count: {count}, expected 1 or more")
    rows = group(split(collect(results).runs)[0])
    hard = hard_images(rows, dataset, count)
    if not hard.images:
        raise BenchError(f"{results}: no test image that most of its rows get wrong")
    folder = obtain(dataset, folder=data_folder, verify=True, cache=cache_dir(), say=say)
    return save_mosaic(hard_mosaic(hard, dataset, folder, columns), path)


def hard_mosaic(hard: HardImages, dataset: str, data_folder: Path, columns: int) -> "Image":
    """Draw `hard` from the test images in `data_folder`, which holds the raw idx files.

    Raises:
        BenchError: the images cannot be read, or the columns do not fit.
    """
    images = read_idx(data_folder / FILE_NAMES["test_images"])
    facts = dataset_facts(dataset)
    tiles = [Tile((images[each.index],), _lines(each, facts.class_names)) for each in hard.images]
    models = "1 model" if len(hard.rows) == 1 else f"{len(hard.rows)} models"
    title = f"{facts.title}: the test images that {models} find hardest"
    note = "Bold: the label. Below: what the models take it for, and its place in the test set."
    return mosaic(tiles, columns, title, note)


def _lines(image: HardImage, names: tuple[str, ...]) -> tuple[str, ...]:
    votes = [f"{names[voted]} {100 * share:.0f} %" for voted, share in image.votes[:_VOTES]]
    return names[image.label], *votes, f"#{image.index}, {100 * image.share_wrong:.0f} % wrong"
