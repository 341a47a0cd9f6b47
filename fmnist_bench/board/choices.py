"""What the ledger says of the choices behind a row: what was seen of the test set before them.

Stopping at the first significant of 3, 5 and 10 seeds finds a difference where there is none in 8
to 11 % of cases and not in 5, so that a row whose seeds or recipe were chosen after a look stands
on the board without a rank, which comes from tests.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fmnist_bench.board.ledger import Ledger, Read, Remark


@dataclass(frozen=True)
class Choices:
    """`sentences` are for whoever reads the row's figure, plain text.

    `looked` says that seeds or recipe were chosen after a look at the test set; `replaced_reads`
    counts reads of it by runs that made way for those that stand.
    """

    sentences: tuple[str, ...] = ()
    looked: bool = False
    replaced_reads: int = 0


def choices(ledger: Ledger, row: str, dataset: str) -> Choices:
    """Return what was chosen after a look, for `row` on `dataset`."""
    reads = [r for r in ledger.reads.values() if (r.row, r.dataset) == (row, dataset)]
    kept: list[Read] = []
    gone: dict[str, list[Read]] = {}
    for read in reads:
        by = ledger.replaced.get(read.identity)
        (kept if by is None else gone.setdefault(by.reason, [])).append(read)
    sentences = (*_replaced(gone), *_added(kept))
    remarks = (line for line in ledger.lines if isinstance(line, Remark))
    made = tuple(line.sentence for line in remarks if (line.row, line.dataset) == (row, dataset))
    unseen = sum(read.reads for each in gone.values() for read in each)
    return Choices(sentences + made, bool(sentences), unseen)


def _replaced(gone: Mapping[str, Sequence[Read]]) -> Iterator[str]:
    """Say of runs that made way, by reason, how many they were."""
    for reason, reads in gone.items():
        known = [100 * read.accuracy for read in reads if read.accuracy is not None]
        mean = f"{sum(known) / len(known):.2f} %" if known else "failed"
        runs = f"{len(reads)} runs (mean {mean})" if len(reads) > 1 else f"1 run ({mean})"
        yield f"{runs} had been scored on the test set and made way: {reason}."


def _added(kept: Sequence[Read]) -> Iterator[str]:
    """Say which seeds were not planned when the first runs were published."""
    first = min(kept, key=lambda read: read.published, default=None)
    if first is None:
        return
    before = sum(read.published == first.published for read in kept)
    added = sorted(read.seed for read in kept if read.seed >= first.planned)
    if added:
        many = f"Seeds {added[0]} {'and' if len(added) == 2 else 'to'} {added[-1]} were"
        seeds = f"Seed {added[0]} was" if len(added) == 1 else many
        yield f"{seeds} added after the first {before} had been scored on the test set."
