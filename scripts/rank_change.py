"""What a change of results/ does to the ranks: two leaderboard.json files, before and after.

Prints Markdown, or with `--cheap SECONDS` the names of the rows whose runs are new or changed and
of which one training takes no longer than that. Needs no more than Python.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Key = tuple[str, str, str]
"""Row, recipe and dataset."""

Entry = Mapping[str, Any]


def entries(board: Path) -> dict[Key, Entry]:
    """Return the board's entries in its order."""
    content = json.loads(board.read_text())["entries"]
    return {(each["row"], each["recipe"], each["dataset"]): each for each in content}


def changed(before: Mapping[Key, Entry], after: Mapping[Key, Entry]) -> list[Key]:
    """Return what is on the board after and was not, or not with these runs."""
    figures = ("mean", "std", "seeds", "failed")
    return [
        key
        for key, entry in after.items()
        if key not in before or any(entry[name] != before[key][name] for name in figures)
    ]


def markdown(before: Mapping[Key, Entry], after: Mapping[Key, Entry]) -> str:
    """Return the rows that are new, changed, gone or moved, a line each."""
    new = set(changed(before, after))
    moved = {key for key in after if key in before and _rank(after[key]) != _rank(before[key])}
    lines = [
        f"| {_plain(key[0])} | {key[2]} | {_cells(before.get(key))} | {_cells(after.get(key))} |"
        for key in [*after, *(key for key in before if key not in after)]
        if key in new or key in moved or key not in after
    ]
    if not lines:
        return "No accuracy and no rank changes."
    head = "| Row | Data | Rank before | % before | Rank after | % after |"
    return "\n".join([head, "| --- | --- | --- | ---: | --- | ---: |", *lines])


def cheap(before: Mapping[Key, Entry], after: Mapping[Key, Entry], seconds: float) -> list[str]:
    """Return the names of changed rows of which a training takes no longer than `seconds`."""
    names = [
        key[0]
        for key in changed(before, after)
        if (time := after[key]["train_seconds"]) and time <= seconds
    ]
    return list(dict.fromkeys(names))


def _rank(entry: Entry) -> str:
    best, worst = entry["rank_best"], entry["rank_worst"]
    if best is None:
        return str(entry["status"])
    return str(best) if best == worst else f"{best}-{worst}"


def _cells(entry: Entry | None) -> str:
    if entry is None:
        return "- | -"
    mean = "-" if entry["mean"] is None else f"{100 * entry['mean']:.2f} ({len(entry['seeds'])})"
    return f"{_rank(entry)} | {mean}"


def _plain(name: str) -> str:
    return "".join(c for c in name if c.isalnum() or c in "_-. ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--cheap", type=float, metavar="SECONDS")
    options = parser.parse_args()
    before, after = entries(options.before), entries(options.after)
    if options.cheap is None:
        print(markdown(before, after))
    else:
        for name in cheap(before, after, options.cheap):
            print(name)


if __name__ == "__main__":
    main()
