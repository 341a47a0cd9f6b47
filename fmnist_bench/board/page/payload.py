"""Everything the page shows, as one JSON document."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.board.collect import Run
from fmnist_bench.board.hard_images import HardImages, hard_images
from fmnist_bench.board.page.columns import column_data
from fmnist_bench.board.page.pareto import pareto_front
from fmnist_bench.board.page.pictures import ACROSS, SIDE, sheet
from fmnist_bench.board.page.reported import reported_data
from fmnist_bench.board.page.row import row_data
from fmnist_bench.board.page.scores import scores
from fmnist_bench.board.page.text import one_line
from fmnist_bench.board.standings import Board
from fmnist_bench.data.facts import DATASETS
from fmnist_bench.errors import BenchError

MOST_PICTURES = 600
"""Pictures of one dataset on the page; about 600 bytes each."""

_PROBLEMS_NAMED = 20
_COSTS = ("parameters", "macs", "seconds")

Images = Mapping[str, NDArray[np.uint8]]


def payload(
    board: Board, runs: Iterable[Run], images: Images, reviews: Mapping[str, str]
) -> dict[str, Any]:
    """Return the page's data: the board, why runs failed, pictures where there are `images`.

    `runs` are all that were collected; `images` maps a dataset to its test images, shape
    (10000, 28, 28); `reviews` maps a row's name to the text of its review.
    """
    rows = _rows(board, runs, reviews)
    hard = {name: _hard(board, name) for name in DATASETS}
    return {
        "datasets": {
            name: {
                "title": facts.title,
                "classes": facts.class_names,
                "pictures": _pictures(name, rows, hard[name], images.get(name)),
                "fronts": {cost: _front(rows, name, cost) for cost in _COSTS},
                "hard": hard[name],
            }
            for name, facts in DATASETS.items()
        },
        "rows": rows,
        "reported": reported_data(board),
        "notes": _notes(board),
    }


def _rows(board: Board, runs: Iterable[Run], reviews: Mapping[str, str]) -> list[dict[str, Any]]:
    failures: dict[tuple[str, str, str], list[Run]] = {}
    for run in runs:
        if run.record.status == "failed":
            key = (run.record.row.name, run.record.recipe, run.record.dataset)
            failures.setdefault(key, []).append(run)
    by_dataset = {name: scores(board, name) for name in DATASETS}
    rows = []
    for standing in board.standings:
        row = standing.row
        columns = {
            name: column_data(
                row.columns[name], name, each[row.key], failures.get((*row.key, name), [])
            )
            for name, each in by_dataset.items()
            if row.key in each
        }
        rows.append(row_data(standing, columns, reviews.get(row.row.name)))
    return rows


def _front(rows: list[dict[str, Any]], dataset: str, cost: str) -> list[int]:
    """Return the places of the rows on the Pareto front; rows with gaps cannot be on it."""
    points = {}
    for place, row in enumerate(rows):
        column, value = row["columns"].get(dataset, {}), row["cost"].get(cost, {}).get("value")
        if value is not None and "mean" in column and column["status"] != "incomplete":
            points[place] = (float(value), float(column["mean"]))
    return pareto_front(points)


def _hard(board: Board, dataset: str) -> dict[str, Any]:
    try:
        found = hard_images([standing.row for standing in board.standings], dataset)
    except BenchError:
        return {"rows": 0, "images": []}
    return {"rows": len(found.rows), "images": _hard_images(found)}


def _hard_images(found: HardImages) -> list[dict[str, Any]]:
    return [
        {
            "index": image.index,
            "label": image.label,
            "taken_for": image.taken_for,
            "wrong": f"{round(image.share_wrong * len(found.rows))}/{len(found.rows)}",
            "votes": [
                {"class": each, "share": round(share, 4), "text": f"{100 * share:.0f} %"}
                for each, share in image.votes
            ],
        }
        for image in found.images
    ]


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


def _notes(board: Board) -> list[str]:
    notes = [f"{count} left out: {reason}." for reason, count in board.left_out.items()]
    if board.duplicates:
        notes.append(f"{board.duplicates} left out: second copies of a run shown here.")
    for problem in board.unreadable[:_PROBLEMS_NAMED]:
        notes.append(f"Unreadable, left out: {one_line(str(problem))}")
    more = len(board.unreadable) - _PROBLEMS_NAMED
    return [*notes, f"{more} more unreadable records left out."] if more > 0 else notes
