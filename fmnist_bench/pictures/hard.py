"""The hardest test images of a board, each with its label and what the rows take it for."""

from collections.abc import Callable
from pathlib import Path

from fmnist_bench.board.collect import collect
from fmnist_bench.board.hard_images import hard_images
from fmnist_bench.board.rows import group
from fmnist_bench.data.facts import FILE_NAMES, dataset_facts
from fmnist_bench.data.idx import read_idx
from fmnist_bench.data.obtain import obtain
from fmnist_bench.errors import BenchError
from fmnist_bench.paths import cache_dir
from fmnist_bench.pictures.canvas import check_format
from fmnist_bench.pictures.mosaic import Tile, check_columns, mosaic, save_mosaic

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
    hard = hard_images(group(collect(results).runs), dataset, count)
    if not hard.images:
        raise BenchError(f"{results}: no test image that most of its rows get wrong")
    folder = obtain(dataset, folder=data_folder, verify=True, cache=cache_dir(), say=say)
    images = read_idx(folder / FILE_NAMES["test_images"])
    facts = dataset_facts(dataset)
    names, tiles = facts.class_names, []
    for each in hard.images:
        votes = [f"{names[voted]} {100 * share:.0f} %" for voted, share in each.votes[:_VOTES]]
        wrong = f"#{each.index}, {100 * each.share_wrong:.0f} % wrong"
        tiles.append(Tile((images[each.index],), (names[each.label], *votes, wrong)))
    models = "1 model" if len(hard.rows) == 1 else f"{len(hard.rows)} models"
    title = f"{facts.title}: the test images that {models} find hardest"
    note = "Bold: the label. Below: what the models take it for, and its place in the test set."
    return save_mosaic(mosaic(tiles, columns, title, note), path)
