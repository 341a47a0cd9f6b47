"""What some runs took: size, arithmetic, time, hardware, and looks at the test set."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean, median, stdev

from fmnist_bench.board.collect import ScoredRun
from fmnist_bench.records.record import Record


@dataclass(frozen=True)
class Times:
    """Some runs' times in seconds; `std` is None for a single one."""

    median: float
    low: float
    high: float
    mean: float
    std: float | None

    @classmethod
    def of(cls, seconds: Iterable[float | None]) -> "Times | None":
        """Return the times that are known, None if none is."""
        known = [each for each in seconds if each is not None]
        if not known:
            return None
        std = stdev(known) if len(known) > 1 else None
        return cls(median(known), min(known), max(known), mean(known), std)


@dataclass(frozen=True)
class Resources:
    """What finished runs took; None is what no record of theirs says.

    `parameters` and `macs` (multiply-accumulates of one image) are the first run's.
    `training_pflop` are the 10^15 floating-point operations of training, two for each MAC:
    the median, as some recipes stop early. Seconds are those of runs that are known to have
    been alone on their machine: `train_seconds` of all epochs, `timed_seconds` by the rules of
    speed records, and only if all runs were so timed. `hardware` names the processors that
    trained; `test_reads` counts how often the `runs` read the test set.
    """

    parameters: int | None
    macs: int | None
    training_pflop: float | None
    train_seconds: Times | None
    timed_seconds: Times | None
    hardware: str
    test_reads: int
    runs: int

    @classmethod
    def of(cls, runs: Sequence[ScoredRun]) -> "Resources":
        """Return what `runs` took, one or more of them."""
        records = [run.record for run in runs]
        pflop = [each for each in map(_pflop, records) if each is not None]
        timed = [each.timed_seconds if each.alone else None for each in records]
        return cls(
            parameters=records[0].parameters,
            macs=records[0].macs,
            training_pflop=median(pflop) if pflop else None,
            train_seconds=Times.of(each.train_seconds for each in records if each.alone),
            timed_seconds=None if None in timed else Times.of(timed),
            hardware=", ".join(sorted({each.machine.device for each in records if each.machine})),
            test_reads=sum(record.test_reads for record in records),
            runs=len(records),
        )

    @property
    def costs(self) -> dict[str, float | None]:
        """The figures to hold an accuracy against, by kind."""
        return {
            "parameters": self.parameters,
            "macs": self.macs,
            "training_pflop": self.training_pflop,
        }


def _pflop(record: Record) -> float | None:
    """Return the 10^15 operations of training: as executed, or of a plain run as long as this.

    A plain run takes 6 for each multiply-accumulate and image: two, forward once and backward
    twice.
    """
    if record.training_macs is not None:
        return 2 * record.training_macs / 1e15
    if record.macs is None or record.epochs is None or record.data.train_images is None:
        return None
    return 6 * record.macs * record.epochs * record.data.train_images / 1e15
