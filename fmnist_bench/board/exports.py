"""The board as data, one entry for each row and dataset: `leaderboard.csv` and `.json`.

Pure functions, as the Markdown board: the same board gives the same bytes. Shares are in
[0, 1], figures have six digits, and what is not known is empty or null.
"""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from fmnist_bench.board.column import Column
from fmnist_bench.board.escape import one_line
from fmnist_bench.board.standings import Board, Standing

CSV_NAME = "leaderboard.csv"
JSON_NAME = "leaderboard.json"
SCHEMA_VERSION = 1
"""Goes up when a column changes its meaning or goes; new ones may come at the end."""

_FORMULA = ("=", "+", "-", "@")

COLUMNS = {
    "row": ("row.label.name", "name of the row"),
    "recipe": ("row.recipe_digest", "digest of its recipe, or elsewhere"),
    "dataset": ("column.dataset.key", "test images it is scored on"),
    "classifier": ("row.label.classifier", "what it is called"),
    "preprocessing": ("row.preprocessing", "what is done to the images"),
    "submitter": ("row.label.submitter", "who ran it"),
    "code": ("row.label.code", "where its code is"),
    "tier": ("tier", "failed, evidenced or reproduced, on any dataset"),
    "status": ("column.status", "how far the runs carry it"),
    "order": ("column.order", "place on the board of this dataset, from 0"),
    "rank_best": ("column.rank.best", "best rank that the tests leave open, from 1"),
    "rank_worst": ("column.rank.worst", "worst rank that they leave open"),
    "tied": ("column.tied", "ranked rows that it cannot be told apart from"),
    "planned": ("column.planned", "how many seeds are planned"),
    "seeds": ("column.done", "seeds that finished"),
    "missing": ("column.missing", "planned seeds without a finished run"),
    "failed": ("column.failed", "seeds with failed runs only"),
    "mean": ("column.mean", "mean test accuracy"),
    "std": ("column.std", "its standard deviation over seeds"),
    "seeds_low": ("column.seeds.low", "95 % interval over seeds, lower bound"),
    "seeds_high": ("column.seeds.high", "upper bound"),
    "images_low": ("column.images.low", "95 % interval over test images, lower bound"),
    "images_high": ("column.images.high", "upper bound"),
    "total_low": ("column.total.low", "95 % interval over both, lower bound"),
    "total_high": ("column.total.high", "upper bound"),
    "calibration": ("column.calibration", "mean expected calibration error"),
    "confused": ("column.confused", "the two classes most often taken for each other"),
    "parameters": ("column.resources.parameters", "parameters of the net"),
    "macs": ("column.resources.macs", "multiply-accumulates of classifying one image"),
    "training_pflop": (
        "column.resources.training_pflop",
        "10^15 operations of a training",
    ),
    "train_seconds": ("column.resources.train_seconds.median", "seconds of one training, median"),
    "train_seconds_low": ("column.resources.train_seconds.low", "shortest"),
    "train_seconds_high": ("column.resources.train_seconds.high", "longest"),
    "timed_seconds": (
        "column.resources.timed_seconds.mean",
        "seconds of speed runs, mean",
    ),
    "timed_seconds_std": ("column.resources.timed_seconds.std", "standard deviation over seeds"),
    "hardware": ("column.resources.hardware", "processors that trained"),
    "test_reads": ("column.resources.test_reads", "how often these runs read the test set"),
    "training_images": ("column.record.data.train_images", "images trained on"),
    "selection": (
        "column.record.selection.weights",
        "weights that were scored: last or best",
    ),
    "precision": ("column.record.precision", "arithmetic of training"),
    "pretraining": ("column.record.pretraining", "data seen before these"),
    "test_time_flip": (
        "column.record.prediction.test_time_flip",
        "mirror images averaged in",
    ),
}
"""Name of each column -> where it comes from, below a `Standing` and its `column`; what it says."""


def board_csv(board: Board) -> str:
    """Return the board as CSV, `schema_version` first; lists are joined by semicolons."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["schema_version", *COLUMNS])
    for entry in _entries(board):
        writer.writerow([SCHEMA_VERSION, *(_cell(value) for value in entry.values())])
    return text.getvalue()


def board_json(board: Board) -> str:
    """Return the board as JSON: `schema_version`, what `columns` say, and `entries`."""
    content = {
        "schema_version": SCHEMA_VERSION,
        "columns": {name: says for name, (_, says) in COLUMNS.items()},
        "entries": list(_entries(board)),
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _entries(board: Board) -> Iterator[dict[str, Any]]:
    for standing in board.standings:
        for column in standing.row.columns.values():
            if column.planned or column.runs or column.failures:
                yield {name: _at(standing, column, path) for name, (path, _) in COLUMNS.items()}


def _at(standing: Standing, column: Column, path: str) -> Any:
    if path == "column.mean" and not column.runs:
        return None
    value: Any = {"column": column, "row": standing.row, "tier": standing.tier}
    for name in path.split("."):
        value = value[name] if isinstance(value, dict) else getattr(value, name, None)
    if isinstance(value, tuple):
        return [one_line(each) if isinstance(each, str) else each for each in value]
    if isinstance(value, str):
        return one_line(value) or None
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _cell(value: Any) -> Any:
    text = "; ".join(map(str, value)) if isinstance(value, list) else value
    # A spreadsheet would run what begins like a formula.
    return f"'{text}" if isinstance(text, str) and text.startswith(_FORMULA) else text
