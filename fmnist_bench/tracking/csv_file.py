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
        self._columns: list[str] = []
        self._rows: list[dict[str, str]] = []
        self._earlier: dict[str, dict[str, str]] = {}

    def start(self, about: About) -> None:
        self._path = about.folder / FILE_NAME
        if about.resumes and self._path.exists():
            whole = self._path.read_text().rpartition("\n")[0]  # a kill may cut the last row off
            self._earlier = {row["epoch"]: row for row in csv.DictReader(io.StringIO(whole))}

    def epochs(self, figures: Sequence[Figures]) -> None:
        new = [{name: repr(value) for name, value in each.items()} for each in figures]
        # The row on file knows the throughput, which a resume point does not keep.
        new = [self._earlier.get(row["epoch"], {}) | row for row in new]
        self._earlier, self._rows = {}, self._rows + new
        known, self._columns = self._columns, [*NAMES.values(), THROUGHPUT]
        self._columns += sorted({name for row in self._rows for name in row} - {*self._columns})
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, self._columns, lineterminator="\n")
        if self._columns == known:
            writer.writerows(new)
            with self._path.open("a", newline="") as file:
                file.write(text.getvalue())
            return
        writer.writeheader()
        writer.writerows(self._rows)
        with atomic_write(self._path) as whole:
            whole.write(text.getvalue().encode())

    def done(self, ending: Ending) -> None:
        pass  # a file needs no closing words

    def failed(self, error: str, *, interrupted: bool) -> None:
        pass
