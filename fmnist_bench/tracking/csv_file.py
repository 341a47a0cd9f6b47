"""logger=csv: metrics.csv in the run's folder, one row for each epoch."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from fmnist_bench.files import atomic_write
from fmnist_bench.tracking.about import About
from fmnist_bench.tracking.ending import Ending
from fmnist_bench.tracking.tracker import NAMES, THROUGHPUT, Figures, Tracker

FILE_NAME = "metrics.csv"


class CsvTracker(Tracker):
    """Writes the epochs of a run; one that continues keeps its rows, each epoch once."""

    def __init__(self) -> None:
        self._path = Path(FILE_NAME)
        self._rows: list[dict[str, str]] = []
        self._earlier: dict[str, dict[str, str]] = {}

    def start(self, about: About) -> None:
        self._path = about.folder / FILE_NAME
        if about.resumes and self._path.exists():
            with self._path.open(newline="") as file:
                self._earlier = {row["epoch"]: row for row in csv.DictReader(file)}

    def epochs(self, figures: Sequence[Figures]) -> None:
        for each in figures:
            row = {name: repr(value) for name, value in each.items()}
            # The row on file knows the throughput, which a resume point does not keep.
            self._rows.append(self._earlier.get(row["epoch"], {}) | row)
        self._earlier = {}
        found = (name for row in self._rows for name in row)
        columns = list(dict.fromkeys([*NAMES.values(), THROUGHPUT, *found]))
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self._rows)
        with atomic_write(self._path) as file:
            file.write(text.getvalue().encode())

    def done(self, ending: Ending) -> None:
        pass  # a file needs no closing words

    def failed(self, error: str, *, interrupted: bool) -> None:
        pass
