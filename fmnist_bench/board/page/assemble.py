"""From a board and the cached images to the page."""

from collections.abc import Callable, Iterable
from pathlib import Path

from fmnist_bench.board.page.html import page
from fmnist_bench.board.page.payload import payload
from fmnist_bench.board.page.sheet import read_test_images
from fmnist_bench.board.standings import Board
from fmnist_bench.data.facts import DATASETS
from fmnist_bench.errors import BenchError
from fmnist_bench.records.names import fit_for_a_folder


def build_page(results: Path, board: Board, cache: Path, say: Callable[[str], None]) -> bytes:
    """Return the page of `board`, with pictures as far as `cache` has the test images.

    `say` is told in one line each which pictures are missing, and what to do.
    """
    images = {}
    for name in DATASETS:
        if any(standing.row.columns[name].runs for standing in board.standings):
            try:
                images[name] = read_test_images(name, cache)
            except BenchError as error:
                say(str(error))
    names = {standing.row.label.name for standing in board.standings}
    return page(payload(board, images, reviews(results, names)))


def reviews(results: Path, names: Iterable[str]) -> dict[str, str]:
    """Return the text of `reviews/<row>.md` of each row that has one."""
    found = {}
    for name in sorted(names):
        path = results / "reviews" / f"{name}.md"
        if fit_for_a_folder(name) and path.is_file():
            found[name] = path.read_text(encoding="utf-8", errors="replace")
    return found
