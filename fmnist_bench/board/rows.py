"""Grouping runs into the board's rows: one recipe under one name, on any dataset."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from fmnist_bench.board.collect import Collected, ScoredRun
from fmnist_bench.board.column import LOOKED, UNVERIFIED, Column
from fmnist_bench.board.dataset import Dataset, datasets_of, published_as
from fmnist_bench.board.escape import one_line
from fmnist_bench.board.lookup import limited_by, never_tested
from fmnist_bench.board.preprocessing import preprocessing
from fmnist_bench.board.resources import Resources
from fmnist_bench.errors import BenchError
from fmnist_bench.records.names import fit_for_a_folder
from fmnist_bench.records.naming import marks
from fmnist_bench.records.record import Record, Row

Key = tuple[str, str]

_STANDING = {
    **dict.fromkeys(("ranked", LOOKED, "complete", "provisional"), 0),
    **{"incomplete": 3, "no result": 5, UNVERIFIED: 6},
}
_WIDEST = 60
_FEW_RUNS, _OTHER_DATA = 2, 4


@dataclass(frozen=True, eq=False)
class BoardRow:
    """All runs of one recipe under one name; `columns` has every dataset of the board, by key.

    `label` is what the row is called, `recipe_digest` is "elsewhere" for predictions without a
    recipe. `mark` is what sets it apart from rows of the same name and another recipe.
    """

    label: Row
    recipe_digest: str
    columns: Mapping[str, Column]
    mark: str

    @property
    def key(self) -> Key:
        """What no other row shares."""
        return self.label.name, self.recipe_digest

    @property
    def title(self) -> str:
        """The row's name, with what differs in its recipe where the name alone is ambiguous."""
        return f"{self.label.name}{self.mark}"

    @property
    def shares_name(self) -> bool:
        """Whether another row has the same name and another recipe."""
        return bool(self.mark)

    @property
    def fashion(self) -> Column:
        return self.columns["fashion_mnist"]

    @property
    def main(self) -> Column:
        """The column that speaks for the row: the first with runs, Fashion-MNIST before others."""
        return next((each for each in self.columns.values() if each.runs), self.fashion)

    @property
    def runs(self) -> tuple[ScoredRun, ...]:
        """Finished runs on any dataset."""
        return tuple(run for column in self.columns.values() for run in column.runs)

    @property
    def record(self) -> Record:
        """The record that speaks for the row: its first finished run's."""
        return self.runs[0].record

    @property
    def status(self) -> str:
        """How far the Fashion-MNIST runs carry the row, or that it plans other data alone."""
        return self.fashion.status

    @property
    def preprocessing(self) -> str | None:
        """What is done to the images, by the recipe of its first finished run."""
        return preprocessing(self.record.recipe) if self.runs else None

    @property
    def replaced_reads(self) -> int:
        """How often runs read the test set that made way for these."""
        return sum(column.replaced_reads for column in self.columns.values())

    @cached_property
    def resources(self) -> Resources | None:
        """What the runs took, on whatever dataset."""
        return Resources.of(self.runs) if self.runs else None


def left_out(run: ScoredRun) -> str | None:
    """Say why `run` cannot stand on any board, or None when it can."""
    limit = limited_by(run.record.recipe)
    if limit is not None:
        return f"smoke runs ({limit} is set)"
    if never_tested(run.record.recipe):
        return "runs of a search (protocol.test=never)"
    return None


def unofficial(run: ScoredRun) -> str | None:
    """Say why `run` cannot stand on the official board, or None when it can."""
    if published_as(run.record.data) is None:
        return left_out(run) or "runs on data other than the published files"
    return left_out(run)


def group(runs: Iterable[ScoredRun], *, by_validation: bool = False) -> list[BoardRow]:
    """Group those of `runs` that are not `left_out` into rows; best mean Fashion accuracy first.

    That of the test images, or `by_validation`.

    Ranked and provisional rows stand where their accuracy puts them, then rows of one or two
    runs, incomplete rows, rows of other data alone, rows without a result, and unverified ones.
    Ties go by name. Of two runs that are the same, the one of the first path counts.
    """
    kept = [run for run in runs if left_out(run) is None]
    datasets = datasets_of(run.record.data for run in kept)
    groups: dict[Key, list[ScoredRun]] = {}
    for run in kept:
        key = (run.record.row.name, run.record.recipe_digest or "elsewhere")
        groups.setdefault(key, []).append(run)
    marked = {
        name: marks(
            {digest: each[0].record for (row, digest), each in groups.items() if row == name}
        )
        for name in {name for name, _ in groups}
    }
    rows = [_row(key, each, datasets, marked[key[0]][key[1]]) for key, each in groups.items()]
    return in_order(rows, "fashion_mnist", by_validation=by_validation)


def in_order(
    rows: Iterable[BoardRow], dataset: str, *, by_validation: bool = False
) -> list[BoardRow]:
    """Return `rows` as they stand on `dataset`: by status, then accuracy, there and elsewhere."""

    def place(row: BoardRow) -> tuple[int, list[float], Key]:
        column = row.columns[dataset]
        others = [each for key, each in row.columns.items() if key != dataset]
        means = [-each.mean if each.runs else 0.0 for each in (column, *others)]
        if by_validation:
            means = [-(each.validation or 0.0) for each in (column, *others)]
        rest = _OTHER_DATA if column.only else _FEW_RUNS
        return _STANDING.get(column.status, rest), means, row.key

    return sorted(rows, key=place)


def find_row(collected: Collected, name: str) -> BoardRow:
    """Return the row called `name`, as a board prints it, or the row of the run called so.

    `name:recipe` with the recipe's first digits serves too.

    Raises:
        BenchError: no row or several rows are called so.
    """
    rows = group(collected.runs)
    wanted, _, recipe = name.partition(":")
    named = [row for row in rows if row.label.name == wanted]
    found = [row for row in named if row.recipe_digest.startswith(recipe)]
    found = found or [row for row in rows if plain(row.title) == name or _has_run(row, name)]
    if not found:
        known = ", ".join(sorted({row.label.name for row in rows})) or "none"
        raise BenchError(f"row {name!r}: not on this board; rows: {known}")
    if len(found) > 1:
        choices = " or ".join(repr(plain(row.title)) for row in found)
        raise BenchError(f"row {name!r}: {len(found)} recipes have this name; say {choices}")
    return found[0]


def plain(text: str) -> str:
    """Drop what could move the cursor or colour the screen, and cut what is long."""
    return one_line(text, _WIDEST)


def _has_run(row: BoardRow, name: str) -> bool:
    return any(run.path.rpartition("/")[2].startswith(name) for run in row.runs if name)


def row_names(given: Iterable[str]) -> list[str]:
    """Return row names from a command line.

    Raises:
        BenchError: one is not fit for a folder.
    """
    names = list(given)
    for name in names:
        if not fit_for_a_folder(name):
            raise BenchError(
                f"row {name!r}: expected letters, digits, dots, dashes and underscores; "
                "the board lists the rows"
            )
    return names


def _row(
    key: Key,
    members: list[ScoredRun],
    datasets: Mapping[tuple[str, str | None], Dataset],
    mark: str,
) -> BoardRow:
    members = sorted(members, key=lambda run: (run.record.seed, run.path))
    planned = max(run.record.row.seeds for run in members)
    # A plan is for published data, unless the row has nothing to do with that.
    known = any(published_as(run.record.data) for run in members)
    wanted = {name for run in members for name in run.record.row.datasets if known}
    columns = {}
    for (name, digest), dataset in datasets.items():
        here = [r for r in members if (r.record.data.name, r.record.data.digest) == (name, digest)]
        done: dict[int, ScoredRun] = {}
        for run in here:
            if run.accuracy is not None:
                done.setdefault(run.record.seed, run)
        failures = tuple(run for run in here if run.record.status == "failed")
        seeds = planned if here or dataset.key in wanted else 0
        columns[dataset.key] = Column(dataset, seeds, tuple(done.values()), failures)
    first = next((each.dataset.title for each in columns.values() if each.runs), None)
    columns = {
        key: each if each.planned or each.runs else replace(each, only=first)
        for key, each in columns.items()
    }
    return BoardRow(members[0].record.row, key[1], columns, mark)
