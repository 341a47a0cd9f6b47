"""The board as data: one entry for each row and dataset, its columns and their schema.

Shares are in [0, 1], figures have six digits, and what is not known is null.
"""

from collections.abc import Iterator
from typing import Any

from fmnist_bench.board.column import Column
from fmnist_bench.board.escape import one_line
from fmnist_bench.board.standings import Board

SCHEMA_VERSION = 2
"""Goes up when a column changes its meaning or goes; new ones may come at the end."""

Entry = dict[str, Any]

COLUMNS: dict[str, tuple[str, str, str]] = {
    "row": ("row.label.name", "string", "name of the row"),
    "recipe": ("row.recipe_digest", "string", "digest of its recipe, or elsewhere"),
    "dataset": ("column.dataset.key", "string", "test images it is scored on"),
    "classifier": ("row.label.classifier", "string", "what it is called"),
    "preprocessing": ("row.preprocessing", "string", "what is done to the images"),
    "submitter": ("row.label.submitter", "string", "who ran it"),
    "code": ("row.label.code", "string", "where its code is"),
    "tier": ("tier", "string", "what stands behind it: see leaderboard.md"),
    "status": ("column.status", "string", "how far the runs carry it"),
    "order": ("column.order", "integer", "place on the board of this dataset, from 0"),
    "rank_best": ("column.rank.best", "integer", "best rank that the tests leave open, from 1"),
    "rank_worst": ("column.rank.worst", "integer", "worst rank that they leave open"),
    "tied": ("column.tied", "strings", "ranked rows that it cannot be told apart from"),
    "planned": ("column.planned", "integer", "how many seeds are planned"),
    "seeds": ("column.done", "integers", "seeds that finished"),
    "missing": ("column.missing", "integers", "planned seeds without a finished run"),
    "failed": ("column.failed", "integers", "seeds with failed runs only"),
    "mean": ("column.mean", "number", "mean test accuracy"),
    "std": ("column.std", "number", "its standard deviation over seeds"),
    "seeds_low": ("column.seeds.low", "number", "95 % interval over seeds, lower bound"),
    "seeds_high": ("column.seeds.high", "number", "upper bound"),
    "images_low": ("column.images.low", "number", "95 % interval over test images, lower bound"),
    "images_high": ("column.images.high", "number", "upper bound"),
    "total_low": ("column.total.low", "number", "95 % interval over both, lower bound"),
    "total_high": ("column.total.high", "number", "upper bound"),
    "calibration": ("column.calibration", "number", "mean expected calibration error"),
    "confused": ("column.confused", "strings", "the two classes most often taken for each other"),
    "parameters": ("column.resources.parameters", "integer", "parameters of the net"),
    "macs": ("column.resources.macs", "integer", "multiply-accumulates of classifying one image"),
    "training_pflop": (
        "column.resources.training_pflop",
        "number",
        "10^15 operations of a training, as executed, median",
    ),
    "train_seconds": (
        "column.resources.train_seconds.median",
        "number",
        "seconds of a training, median of the runs known to be alone",
    ),
    "train_seconds_low": ("column.resources.train_seconds.low", "number", "shortest"),
    "train_seconds_high": ("column.resources.train_seconds.high", "number", "longest"),
    "timed_seconds": (
        "column.resources.timed_seconds.mean",
        "number",
        "seconds of speed runs, mean, if all were alone",
    ),
    "timed_seconds_std": (
        "column.resources.timed_seconds.std",
        "number",
        "standard deviation over seeds",
    ),
    "hardware": ("column.resources.hardware", "string", "processors that trained"),
    "test_reads": (
        "column.resources.test_reads",
        "integer",
        "how often these runs read the test set",
    ),
    "training_images": ("column.record.data.train_images", "integer", "images trained on"),
    "selection": (
        "column.record.selection.weights",
        "string",
        "weights that were scored: last or best",
    ),
    "precision": ("column.record.precision", "string", "arithmetic of training"),
    "pretraining": ("column.record.pretraining", "string", "data seen before these"),
    "test_time_flip": (
        "column.record.prediction.test_time_flip",
        "boolean",
        "mirror images averaged in",
    ),
    "people_majority": (
        "people.majority",
        "number",
        "accuracy where most people's votes are for the label",
    ),
    "people_agreed": ("people.agreed", "number", "accuracy where at least 90 % of them are"),
    "people_contested": (
        "people.contested",
        "number",
        "accuracy where another class has more votes than the label",
    ),
    "people_vote": (
        "people.people",
        "number",
        "how often no class has more votes than the predicted one",
    ),
}
"""Name of each column -> where it comes from, below a `Standing` and its `column`; its type; what
it says."""

_TYPES: dict[str, dict[str, Any]] = {
    **{name: {"type": [name, "null"]} for name in ("string", "integer", "number", "boolean")},
    "integers": {"type": ["array", "null"], "items": {"type": "integer"}},
    "strings": {"type": ["array", "null"], "items": {"type": "string"}},
}


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of `leaderboard.json`."""
    entry = {
        "type": "object",
        "properties": {
            name: {**_TYPES[kind], "description": says} for name, (_, kind, says) in COLUMNS.items()
        },
        "required": list(COLUMNS),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "leaderboard.json of fmnist-bench",
        "type": "object",
        "properties": {
            "schema_version": {"const": SCHEMA_VERSION},
            "entries": {"type": "array", "items": entry},
        },
        "required": ["schema_version", "entries"],
    }


def entries(board: Board) -> Iterator[Entry]:
    """Yield an entry for each row of `board` and dataset that it plans or has runs on."""
    for standing in board.standings:
        for column in standing.row.columns.values():
            if column.planned or column.runs or column.failures:
                known = {"column": column, "row": standing.row, "tier": standing.tier}
                if column is standing.row.fashion:
                    known["people"] = board.people.get(standing.row.key)
                yield {name: _at(known, column, path) for name, (path, *_) in COLUMNS.items()}


def _at(known: dict[str, Any], column: Column, path: str) -> Any:
    if path == "column.mean" and not column.runs:
        return None
    first, *rest = path.split(".")
    value = known.get(first)
    for name in rest:
        value = getattr(value, name, None)
    if isinstance(value, tuple):
        return [one_line(each) if isinstance(each, str) else each for each in value]
    if isinstance(value, str):
        return one_line(value) or None
    return float(f"{value:.6g}") if isinstance(value, float) else value
