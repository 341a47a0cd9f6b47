"""logger=csv: metrics.csv in the run's folder, one row for each epoch."""

import csv
from collections.abc import Sequence
from pathlib import Path

from fmnist_bench.tracking.about import About
from fmnist_bench.tracking.ending import Ending
from fmnist_bench.tracking.tracker import NAMES, THROUGHPUT, Figures, Tracker

FILE_NAME = "metrics.csv"


class CsvTracker(Tracker):
    """Writes the epochs of a run; one that continues keeps its rows, each epoch once."""

    def start(self, about: About) -> None:
        self._path = about.folder / FILE_NAME
        self._rows: dict[str, dict[str, str]] = {}
        self._earlier: dict[str, dict[str, str]] = {}
        if about.resumes and self._path.exists():
            with self._path.open(newline="") as file:
                self._earlier = {row["epoch"]: row for row in csv.DictReader(file)}

    def epochs(self, figures: Sequence[Figures]) -> None:
        for each in figures:
            new = {name: repr(value) for name, value in each.items()}
            # The row on file knows the throughput, which a resume point does not keep.
            self._rows[new["epoch"]] = self._earlier.get(new["epoch"], {}) | new
        others = sorted({name for row in self._rows.values() for name in row})
        columns = list(dict.fromkeys([*NAMES.values(), THROUGHPUT, *others]))
        # Whole or not at all, but without waiting for the disk: a few kilobytes each epoch.
        whole = Path(f"{self._path}.new")
        with whole.open("w", newline="") as file:
            writer = csv.DictWriter(file, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(self._rows.values())
        whole.replace(self._path)

    def done(self, ending: Ending) -> None:
        pass  # a file needs no closing words

    def failed(self, error: str, *, interrupted: bool) -> None:
        pass
