"""Rebuilds W&B runs from records, whole or what W&B lacks of them."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fmnist_bench.data.facts import DATASETS, FILE_NAMES
from fmnist_bench.errors import BenchError
from fmnist_bench.files import atomic_write
from fmnist_bench.paths import cache_dir
from fmnist_bench.records.record import Record, read_record
from fmnist_bench.records.spec import FILE_NAME as SPEC_FILE
from fmnist_bench.records.spec import read_spec
from fmnist_bench.tracking.about import about_record, history_figures
from fmnist_bench.tracking.ending import read_ending
from fmnist_bench.tracking.wandb import WandbTracker

MARKER = "pushed.json"
"""In a run's `wandb` folder: what of it was pushed where. Without it, the run is pushed again."""


def push(
    folders: Sequence[Path],
    new_tracker: Callable[[], WandbTracker],
    target: dict[str, Any],
    say: Callable[[str], None],
    *,
    again: bool,
) -> int:
    """Push the finished runs in `folders`; return how many were new to `target`.

    Epochs that W&B has under a run's identity stay, all else is written anew, and equal files
    are stored once. A run that `target` already got is left out, unless `again`.

    Raises:
        BenchError: a record or the data cannot be read, or W&B refused.
    """
    pushed = 0
    for folder in folders:
        record = read_record(folder)
        if record.status != "done":
            say(f"{folder.name}: left out, it failed")
            continue
        marker = folder / "wandb" / MARKER
        wanted = {**target, "record": record.digest}
        if not again and _marked(marker) == wanted:
            say(f"{folder.name}: there already")
            continue
        push_one(new_tracker(), record, folder)
        with atomic_write(marker) as file:
            file.write(json.dumps(wanted, indent=1).encode())
        pushed += 1
        say(f"{folder.name}: pushed")
    return pushed


def push_one(tracker: WandbTracker, record: Record, folder: Path) -> None:
    """Show the finished run of `record` through `tracker`, which is new.

    Raises:
        BenchError: its data cannot be read, or W&B refused.
    """
    ending = read_ending(folder, _test_data(folder, record))
    try:
        tracker.start(about_record(record, folder), [])
        for figures in history_figures(record.history):
            tracker.epoch(figures)
        tracker.done(ending)
    except Exception as error:  # W&B's client raises errors of many kinds
        text = " ".join(str(error).split()) or type(error).__name__
        raise BenchError(f"{folder.name}: not pushed: {text[:300]}") from None


def refuse_unreachable(url: str, seconds: float) -> None:
    """Check that a server answers at `url` at all.

    Raises:
        BenchError: it does not within `seconds`.
    """
    try:
        urllib.request.urlopen(url, timeout=seconds).close()  # any scheme but http is refused
    except urllib.error.HTTPError as error:
        error.close()  # an answer, if not a kind one
    except (OSError, ValueError) as error:
        raise BenchError(
            f"{url}: W&B does not answer ({error}); try again later, or use --mode offline"
        ) from None


def _test_data(folder: Path, record: Record) -> Path | None:
    """Return the folder of the images that the run was tested on, None if it is not here.

    Raises:
        BenchError: they are not here, and they are not the published ones.
    """
    images = FILE_NAMES["test_images"]
    if (folder / SPEC_FILE).exists():
        spec = read_spec(folder)
        if spec.data_digest == record.data_digest and (spec.data_folder / images).exists():
            return spec.data_folder
    facts = DATASETS.get(record.dataset)
    if facts is None or facts.digest != record.data_digest:
        raise BenchError(f"{folder}: its data is not on this machine; push it where it was trained")
    cached = cache_dir() / record.dataset
    return cached if (cached / images).exists() else None


def _marked(marker: Path) -> Any:
    try:
        return json.loads(marker.read_bytes())
    except (OSError, ValueError):
        return None
