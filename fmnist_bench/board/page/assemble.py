"""From a board and the cached images to the page."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from fmnist_bench.board.page.html import page
from fmnist_bench.board.page.payload import payload
from fmnist_bench.board.page.sheet import read_test_images
from fmnist_bench.board.standings import Board
from fmnist_bench.data.facts import DATASETS
from fmnist_bench.data.human_votes import read_votes, votes_path
from fmnist_bench.data.labels import test_labels
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
    return page(payload(board, images, reviews(results, names), _people(cache)))


def _people(cache: Path) -> list[int] | None:
    """Return how many of 100 people chose the label of each image, None without their votes."""
    path = votes_path(cache)
    if not path.is_file():
        return None
    votes, labels = read_votes(path), test_labels("fashion_mnist")
    shares = votes[np.arange(len(labels)), labels] / votes.sum(axis=1)
    return [round(100 * float(share)) for share in shares]


def reviews(results: Path, names: Iterable[str]) -> dict[str, str]:
    """Return the text of `reviews/<row>.md` of each row that has one."""
    found = {}
    for name in sorted(names):
        path = results / "reviews" / f"{name}.md"
        if fit_for_a_folder(name) and path.is_file():
            found[name] = path.read_text(encoding="utf-8", errors="replace")
    return found
