"""Everything the page shows, as one JSON document."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.board.hard_images import hard_images
from fmnist_bench.board.page.claims import claims_data
from fmnist_bench.board.page.pairs import pairs_data
from fmnist_bench.board.page.row import row_data
from fmnist_bench.board.page.sheet import ACROSS, SIDE, sheet
from fmnist_bench.board.standings import Board
from fmnist_bench.data.facts import DATASETS
from fmnist_bench.data.labels import test_labels
from fmnist_bench.errors import BenchError

_HARDEST = 12
MOST_PICTURES = 450
"""Pictures of one dataset on the page; about 600 bytes each."""


def payload(
    board: Board,
    images: Mapping[str, NDArray[np.uint8]],
    reviews: Mapping[str, str],
    people: list[int] | None = None,
) -> dict[str, Any]:
    """Return the page's data: the board, and pictures where there are `images`.

    `images` maps a dataset to its test images, shape (10000, 28, 28); `reviews` maps a row's
    name to the text of its review; `people` has the share of votes, in percent, for the label of
    each Fashion-MNIST test image. Other data than the published has no tab on the page.
    """
    rows = [row_data(each, reviews.get(each.row.label.name)) for each in board.standings]
    hard = {name: _hard(board, name) for name in DATASETS}
    return {
        "datasets": {
            name: {
                "title": facts.title,
                "classes": facts.class_names,
                "pictures": _pictures(name, rows, hard[name], images.get(name)),
                "fronts": {
                    cost: board.fronts[name].get(cost, ())
                    for cost in ("parameters", "macs", "training_pflop")
                },
                "hard": hard[name],
                "pairs": pairs_data(board, name),
                "labels": "".join(map(str, test_labels(name).tolist())),
                "people": people if name == "fashion_mnist" else None,
            }
            for name, facts in DATASETS.items()
        },
        "rows": rows,
        "claims": claims_data(board),
        "notes": board.notes,
    }


def _hard(board: Board, dataset: str) -> dict[str, Any]:
    try:
        found = hard_images([standing.row for standing in board.standings], dataset, 10_000)
    except BenchError:
        return {"rows": 0, "images": []}
    rows = len(found.rows)
    # The hardest are wrong everywhere and alike; those that rows disagree on tell more.
    disputed = [image for image in found.images if image.share_wrong < 1]
    spread = disputed[:: max(1, len(disputed) // _HARDEST)]
    shown = list(dict.fromkeys([*found.images[:_HARDEST], *spread[:_HARDEST]]))
    images = [
        {
            "index": image.index,
            "label": image.label,
            "taken_for": image.taken_for,
            "wrong": f"{round(image.share_wrong * rows)}/{rows}",
            "votes": [
                {"class": each, "share": round(share, 4), "text": f"{100 * share:.0f} %"}
                for each, share in image.votes
            ],
        }
        for image in shown
    ]
    return {"rows": rows, "images": images}


def _pictures(
    dataset: str,
    rows: list[dict[str, Any]],
    hard: dict[str, Any],
    images: NDArray[np.uint8] | None,
) -> dict[str, Any] | None:
    """Return one sheet for all rows; past `MOST_PICTURES`, what fewest rows show is left out."""
    if images is None:
        return None
    shown = Counter(
        image["index"]
        for row in rows
        for image in row["columns"].get(dataset, {}).get("hardest", [])
    )
    first = [image["index"] for image in hard["images"]]
    order = sorted(shown, key=lambda index: (-shown[index], index))
    made = sheet(images, list(dict.fromkeys(first + order))[:MOST_PICTURES])
    return {"url": made.url, "places": made.places, "across": ACROSS, "side": SIDE}
