"""What a sweep would do: its jobs, how far they are, and how long the rest may take."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import mean

from fmnist_bench.config.typed import short
from fmnist_bench.jobs.answer import Answer, keys_that_differ
from fmnist_bench.jobs.layout import as_text, clock
from fmnist_bench.jobs.listed import ListedRun, list_runs, run_of
from fmnist_bench.records.spec import Spec

_MOST = 100


def dry_run(specs: Sequence[Spec], todo: Sequence[Spec]) -> str:
    """Return a table of `specs`, and how long `todo` of them takes by what earlier runs took."""
    runs = [run_of(spec) for spec in specs]
    counts = Counter(run.state for run in runs)
    told = ", ".join(f"{count} {state}" for state, count in counts.items())
    return f"{as_text(Answer.of(runs), test=False, most=_MOST)}\n{told}; {_time(todo)}"


def _time(todo: Sequence[Spec]) -> str:
    """Say how long `todo` takes, one after another, at the seconds an epoch of their rows."""
    if not todo:
        return "nothing to run"
    known: dict[tuple[str, str], list[float]] = {}
    for folder in {Path(spec.config["paths"]["outputs"]) for spec in todo}:
        for run in list_runs(folder) if folder.is_dir() else ():
            if run.state == "done" and run.seconds and run.epochs and run.record:
                row = (run.row, run.record.dataset)
                known.setdefault(row, []).append(run.seconds / run.epochs)
    rows = Counter((spec.config["row"]["name"], spec.dataset) for spec in todo)
    unknown = sorted({row for row, _ in rows.keys() - known.keys()})
    epochs: Counter[tuple[str, str]] = Counter()
    for spec in todo:
        epochs[spec.config["row"]["name"], spec.dataset] += spec.config["trainer"]["max_epochs"]
    seconds = sum(mean(known[row]) * count for row, count in epochs.items() if row in known)
    count = f"{len(todo)} to run"
    if len(unknown) == len({row for row, _ in rows}):
        return f"{count}, and no earlier run says how long they take"
    more = f", besides {', '.join(unknown)}, of which no run is done" if unknown else ""
    return f"{count}, about {clock(seconds)} one after another{more}"


def differences(runs: Sequence[ListedRun]) -> str:
    """Return a line for each job: its number, and its values of the keys that differ."""
    keys = keys_that_differ(runs)
    lines = [
        " ".join(short(key, run.values[key]) for key in keys if key in run.values) for run in runs
    ]
    return "\n".join(f"[{number}] {line}" for number, line in enumerate(lines))
