"""logger=csv: metrics.csv in the run's folder, one row for each epoch."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from fmnist_bench.files import atomic_write
from fmnist_bench.tracking.figures import NAMES, THROUGHPUT
from fmnist_bench.tracking.tracker import Figures

FILE_NAME = "metrics.csv"


class CsvTracker:
    """Writes the epochs of a run; one that continues keeps its rows, each epoch once."""

    def __init__(self) -> None:
        self._path = Path(FILE_NAME)
        self._columns = [*NAMES.values(), THROUGHPUT]
        self._rows: list[dict[str, str]] = []

    def begin(self, folder: Path, earlier: Sequence[Figures]) -> None:
        self._path = folder / FILE_NAME
        written = {row.get("epoch"): row for row in _read(self._path)} if earlier else {}
        # Rows on file know the throughput, which a resume point does not keep.
        texts = [_texts(figures) for figures in earlier]
        self._rows = [written.get(text["epoch"], {}) | text for text in texts]
        for row in self._rows:
            self._columns += [name for name in row if name not in self._columns]
        self._write_all()

    def epoch(self, figures: Figures) -> None:
        row = _texts(figures)
        self._rows.append(row)
        new = [name for name in row if name not in self._columns]
        self._columns += new
        if new:
            self._write_all()
            return
        with self._path.open("a", newline="") as file:
            self._writer(file).writerow(row)

    def _write_all(self) -> None:
        text = io.StringIO(newline="")
        writer = self._writer(text)
        writer.writeheader()
        writer.writerows(self._rows)
        with atomic_write(self._path) as file:
            file.write(text.getvalue().encode())

    def _writer(self, file: "io.TextIOBase | io.StringIO") -> "csv.DictWriter[str]":
        return csv.DictWriter(file, self._columns, lineterminator="\n")


def _texts(figures: Figures) -> dict[str, str]:
    return {name: repr(value) for name, value in figures.items()}


def _read(path: Path) -> list[dict[str, str]]:
    """Return the whole rows in the file; the last may have been cut off by a kill."""
    if not path.exists():
        return []
    whole = path.read_text().rpartition("\n")[0]
    rows = csv.DictReader(io.StringIO(whole))
    return [{name: text for name, text in row.items() if name and text} for row in rows]
