"""Grouping runs into the board's rows: one recipe under one name, on either dataset."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from fmnist_bench.board.collect import Run
from fmnist_bench.board.column import Column
from fmnist_bench.board.lookup import never_tested, part
from fmnist_bench.data.facts import DATASETS
from fmnist_bench.records.record import Record, Row


@dataclass(frozen=True)
class BoardRow:
    """All runs of one recipe under one name; `columns` maps each dataset to its runs.

    `shares_name` is set when another row has the same name and another recipe.
    """

    row: Row
    recipe: str
    columns: dict[str, Column]
    shares_name: bool

    @property
    def key(self) -> tuple[str, str]:
        """What no other row shares."""
        return self.row.name, self.recipe

    @property
    def title(self) -> str:
        """The row's name, with the start of its recipe where the name alone is ambiguous."""
        return f"{self.row.name} [{self.recipe[:6]}]" if self.shares_name else self.row.name

    @property
    def fashion(self) -> Column:
        return self.columns["fashion_mnist"]

    @property
    def runs(self) -> tuple[Run, ...]:
        """Finished runs on either dataset."""
        return tuple(run for column in self.columns.values() for run in column.runs)

    @property
    def record(self) -> Record:
        """The record that speaks for the row: its first finished run's."""
        return self.runs[0].record

    @property
    def status(self) -> str:
        """How far the Fashion-MNIST runs carry the row, or that it plans MNIST alone."""
        if not self.fashion.planned and not self.fashion.runs and self.runs:
            return "MNIST only"
        return self.fashion.status

    @property
    def seconds(self) -> float | None:
        """Median training time of the runs; None if none was recorded."""
        times = (run.record.train_seconds for run in self.runs)
        known = [seconds for seconds in times if seconds is not None]
        return median(known) if known else None

    @property
    def hardware(self) -> str:
        """The processors that trained the runs."""
        parts = [run.record.hardware for run in self.runs]
        return ", ".join(
            sorted({part.cpu if part.device == "cpu" else part.device for part in parts})
        )


_STANDING = {"ranked": 0, "provisional": 1, "incomplete": 3, "MNIST only": 4, "no result": 5}


def left_out(run: Run) -> str | None:
    """Say why `run` cannot stand on a board, or None when it can."""
    if part(run.record.config, "trainer").get("limit_batches") is not None:
        return "smoke runs (trainer.limit_batches is set)"
    if never_tested(run.record.config):
        return "runs of a search (protocol.test=never)"
    facts = DATASETS.get(run.record.dataset)
    if facts is None or run.record.data_digest != facts.digest:
        return "runs on data other than the published files"
    return None


def group(runs: Iterable[Run]) -> list[BoardRow]:
    """Group `runs`, none of them `left_out`, into rows; best mean Fashion accuracy first.

    Ranked rows stand before provisional ones, then rows of one or two runs, incomplete
    rows, rows of MNIST alone, and rows without a result. Ties go by name. Of two runs that are
    the same, the one of the first path counts.
    """
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        groups.setdefault((run.record.row.name, run.record.recipe), []).append(run)
    names = Counter(name for name, _ in groups)
    rows = [_row(members, names[name] > 1) for (name, _), members in groups.items()]
    return sorted(rows, key=_order)


def _row(members: list[Run], shares_name: bool) -> BoardRow:
    members = sorted(members, key=lambda run: (run.record.seed, run.path))
    label = members[0].record.row
    planned = max(run.record.row.seeds for run in members)
    datasets = {name for run in members for name in run.record.row.datasets}
    columns = {}
    for name in DATASETS:
        here = [run for run in members if run.record.dataset == name]
        done: dict[int, Run] = {}
        for run in here:
            if run.correct is not None:
                done.setdefault(run.record.seed, run)
        failed = {run.record.seed for run in here} - set(done)
        wanted = planned if here or name in datasets else 0
        columns[name] = Column(wanted, tuple(done.values()), tuple(sorted(failed)))
    return BoardRow(label, members[0].record.recipe, columns, shares_name)


def _order(row: BoardRow) -> tuple[int, float, float, str, str]:
    fashion, mnist = row.fashion, row.columns["mnist"]
    return (
        _STANDING.get(row.status, 2),
        -fashion.mean if fashion.runs else 0.0,
        -mnist.mean if mnist.runs else 0.0,
        row.row.name,
        row.recipe,
    )
