"""What happened on the board and when: `changes.jsonl`, made of records, only ever added to.

A row comes with its third seed (provisional) and again with its fifth (ranked), as its runs
ended. What is said of a moment rests on what had ended by then, so no later run changes it.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fmnist_bench.board.column import PROVISIONAL_SEEDS, RANKED_SEEDS, Column
from fmnist_bench.board.standings import Board, Standing
from fmnist_bench.errors import BenchError

FILE_NAME = "changes.jsonl"

Change = dict[str, Any]
"""`date` (UTC), `dataset`, `row`, `recipe`, `event`, `mean` of those seeds, and for ranked rows
`place` by that mean `among` those ranked by then, and whether it is the `best` so far."""

_EVENTS = {PROVISIONAL_SEEDS: "provisional", RANKED_SEEDS: "ranked"}
_KEY = ("dataset", "row", "recipe", "event")


def changes_of(board: Board) -> list[Change]:
    """Return every change that the board's runs tell, oldest first."""
    found = [
        each
        for standing in board.standings
        for column in standing.row.columns.values()
        for each in _came(standing, column)
    ]
    found.sort(key=lambda change: (change["date"], *(change[key] for key in _KEY)))
    ranked: dict[str, list[float]] = {}
    for change in found:
        if change["event"] == "ranked":
            others = ranked.setdefault(change["dataset"], [])
            place = 1 + sum(other > change["mean"] for other in others)
            others.append(change["mean"])
            change |= {"place": place, "among": len(others), "best": place == 1}
    return found


def updated(results: Path, board: Board) -> str:
    """Return the log of `results` with what `board` adds to it; what it says stays as it is.

    Raises:
        BenchError: a line of it is no change.
    """
    path = results / FILE_NAME
    said = path.read_text(encoding="utf-8") if path.is_file() else ""
    known = {_key(change) for change in read_changes(path)} if said else set()
    new = [change for change in changes_of(board) if _key(change) not in known]
    return said + "".join(json.dumps(change, ensure_ascii=False) + "\n" for change in new)


def read_changes(path: Path) -> list[Change]:
    """Return the log in `path`.

    Raises:
        BenchError: a line of it is no change.
    """
    changes = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            change = json.loads(line)
            _key(change)
        except (ValueError, KeyError, TypeError):
            raise BenchError(
                f"{path}: line {number} is not a change of the board; restore the file"
            ) from None
        changes.append(change)
    return changes


def records_of_accuracy(changes: Iterable[Change], dataset: str) -> list[Change]:
    """Return the changes that made a row the best ranked one of `dataset`, in order."""
    return [each for each in changes if each["dataset"] == dataset and each.get("best")]


def _came(standing: Standing, column: Column) -> list[Change]:
    runs = sorted(column.runs, key=lambda run: (run.record.ended, run.record.seed))
    return [
        {
            "date": runs[count - 1].record.ended.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "dataset": column.dataset.key,
            "row": standing.row.label.name,
            "recipe": standing.row.recipe_digest[:12],
            "event": event,
            "mean": round(sum(run.accuracy or 0.0 for run in runs[:count]) / count, 6),
        }
        for count, event in _EVENTS.items()
        if len(runs) >= count
    ]


def _key(change: Change) -> tuple[str, ...]:
    return tuple(change[key] for key in _KEY)
