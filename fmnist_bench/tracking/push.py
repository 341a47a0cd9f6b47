"""Rebuilds W&B runs from records, whole or what W&B lacks of them."""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from fmnist_bench.errors import BenchError
from fmnist_bench.records.record import Record, read_record
from fmnist_bench.tracking.about import about_record
from fmnist_bench.tracking.ending import Ending
from fmnist_bench.tracking.mirroring import one_line
from fmnist_bench.tracking.tracker import epoch_figures
from fmnist_bench.tracking.wandb_tracker import WandbTracker

MARKER = "pushed.json"
"""In a run's `wandb` folder: what of it was pushed where. Without it, the run is pushed again."""


def push(
    folders: Sequence[Path],
    new_tracker: Callable[[], WandbTracker],
    say: Callable[[str], None],
    *,
    again: bool,
) -> int:
    """Push the finished runs in `folders`; return how many were new to where they go.

    Epochs that W&B has under a run's identity stay, all else is written anew, and equal files
    are stored once. A run that was pushed there already is left out, unless `again`.

    Raises:
        BenchError: a record cannot be read, or W&B refused.
    """
    pushed = 0
    for folder in folders:
        record, tracker = read_record(folder), new_tracker()
        marker = folder / "wandb" / MARKER
        where = tracker.target | {"server": os.environ.get("WANDB_BASE_URL")}
        wanted = json.dumps({**where, "record": record.digest}, indent=1)
        if record.status != "done":
            say(f"{folder.name}: left out, it failed")
        elif not again and marker.exists() and marker.read_text() == wanted:
            say(f"{folder.name}: there already")
        else:
            push_one(tracker, record, folder)
            marker.write_text(wanted)
            pushed += 1
            say(f"{folder.name}: pushed")
    return pushed


def push_one(tracker: WandbTracker, record: Record, folder: Path) -> None:
    """Show the finished run of `record` through `tracker`, which is new.

    Raises:
        BenchError: a file of the run cannot be read, or W&B refused.
    """
    try:
        tracker.start(about_record(record, folder))
        tracker.epochs([epoch_figures(epoch.model_dump()) for epoch in record.history or []])
        tracker.done(Ending(folder))
    except Exception as error:  # W&B's client raises errors of many kinds
        raise BenchError(f"{folder.name}: not pushed: {one_line(error)}") from None
