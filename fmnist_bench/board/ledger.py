"""`ledger.jsonl`: what was seen of the test set, in the order in which it was published.

One JSON object a line, and lines are only ever added. `publish` writes a line for each run;
a run that another takes the place of stays as a line, with one that says so. Lines with a
`source` tell what was before there was a ledger, and the commit that it was read from.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from fmnist_bench.errors import BenchError
from fmnist_bench.files import atomic_write
from fmnist_bench.records.record import Record

FILE_NAME = "ledger.jsonl"


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    row: str
    published: datetime
    source: str | None = None


class Read(_Line):
    """A run that was scored on the test set, or failed; `planned` is how many seeds its row had.

    `accuracy` is in [0, 1], `reads` how often the test set was read, `by` the author of the commit
    that trained it.
    """

    event: Literal["read"] = "read"
    dataset: str
    seed: int
    identity: str
    recipe: str | None
    planned: int
    accuracy: float | None
    reads: int
    predictions: str | None
    by: str | None = None


class Replaced(_Line):
    """The run `identity` no longer stands in the results, for `reason`."""

    event: Literal["replaced"] = "replaced"
    identity: str
    reason: str


class Remark(_Line):
    """A `sentence` about a choice that was made after a figure of the test set was known."""

    event: Literal["remark"] = "remark"
    dataset: str
    sentence: str


class Again(_Line):
    """Run `identity` was trained again; `by` is the author of the commit that it ran on."""

    event: Literal["again"] = "again"
    identity: str
    seed: int
    by: str | None
    predictions: str | None


Line = Annotated[Read | Replaced | Remark | Again, Field(discriminator="event")]
_LINE: TypeAdapter[Read | Replaced | Remark | Again] = TypeAdapter(Line)


@dataclass(frozen=True)
class Ledger:
    """All lines, in order."""

    lines: tuple[Read | Replaced | Remark | Again, ...] = ()

    @property
    def reads(self) -> dict[str, Read]:
        """The first read of each run, by identity."""
        found: dict[str, Read] = {}
        for line in self.lines:
            if isinstance(line, Read):
                found.setdefault(line.identity, line)
        return found

    @property
    def replaced(self) -> dict[str, Replaced]:
        return {line.identity: line for line in self.lines if isinstance(line, Replaced)}

    def again(self, identity: str) -> Again | None:
        """Return the last line on how run `identity` was trained again."""
        own = [each for each in self.lines if isinstance(each, Again) and each.identity == identity]
        return own[-1] if own else None

    def plan(self, row: str, dataset: str, recipe: str | None) -> int | None:
        """Return how many seeds were planned when the first run of the recipe was published."""
        key = (row, dataset, recipe)
        found = (r for r in self.reads.values() if (r.row, r.dataset, r.recipe) == key)
        return next((read.planned for read in found), None)


def read_ledger(results: Path) -> Ledger:
    """Read the ledger in `results`; there are no lines where there is no file.

    Raises:
        BenchError: a line is none of a ledger.
    """
    path = results / FILE_NAME
    try:
        texts = path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return Ledger()
    except (OSError, ValueError) as error:
        raise BenchError(f"{path}: cannot be read ({error})") from None
    lines = []
    for number, text in enumerate(texts, 1):
        try:
            lines.append(_LINE.validate_json(text))
        except ValidationError as error:
            first = error.errors()[0]
            raise BenchError(f"{path}: line {number}: {first['msg']}; restore it") from None
    return Ledger(tuple(lines))


def append(results: Path, lines: Sequence[Read | Replaced | Remark | Again]) -> None:
    """Add `lines` to the ledger in `results`, all or none.

    Raises:
        BenchError: it cannot be written.
    """
    path = results / FILE_NAME
    before = path.read_bytes() if path.exists() else b""
    with atomic_write(path) as file:
        file.write(before + "".join(written(line) for line in lines).encode())


def written(line: Read | Replaced | Remark | Again) -> str:
    """Return `line` as the file has it."""
    return json.dumps(line.model_dump(mode="json", exclude_none=False), ensure_ascii=False) + "\n"


def read_of(record: Record, accuracy: float | None, published: datetime, by: str | None) -> Read:
    """Return the line of a run that is published."""
    return Read(
        row=record.row.name,
        published=published,
        dataset=record.data.name,
        seed=record.seed,
        identity=record.identity,
        recipe=record.recipe_digest,
        planned=record.row.seeds,
        accuracy=accuracy,
        reads=record.test_reads,
        predictions=record.predictions_digest,
        by=by,
    )


def shrunk(now: bytes, before: Iterable[bytes]) -> bool:
    """Whether a line of an earlier content is missing from `now`, or stands in another order."""
    for content in before:
        left = iter(now.splitlines())
        if not all(line in left for line in content.splitlines()):
            return True
    return False
