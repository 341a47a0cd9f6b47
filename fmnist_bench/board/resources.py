"""What some runs took: size, arithmetic, time, hardware, and looks at the test set."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean, median, stdev

from fmnist_bench.board.collect import ScoredRun


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
    the median, as some recipes stop early. `train_seconds` are of those runs that were timed,
    `timed_seconds` by the rules of speed records, and only if all runs were. `hardware` names
    the processors that trained; `test_reads` counts how often the `runs` read the test set.
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
        macs = [2 * each.training_macs / 1e15 for each in records if each.training_macs is not None]
        timed = [record.timed_seconds for record in records]
        return cls(
            parameters=records[0].parameters,
            macs=records[0].macs,
            training_pflop=median(macs) if macs else None,
            train_seconds=Times.of(record.train_seconds for record in records),
            timed_seconds=None if None in timed else Times.of(timed),
            hardware=", ".join(sorted({each.machine.device for each in records if each.machine})),
            test_reads=sum(record.test_reads for record in records),
            runs=len(records),
        )

    @property
    def seconds(self) -> float | None:
        """Median training time."""
        return self.train_seconds.median if self.train_seconds else None

    @property
    def costs(self) -> dict[str, float | None]:
        """The figures to hold an accuracy against, by kind."""
        return {
            "parameters": self.parameters,
            "macs": self.macs,
            "training_pflop": self.training_pflop,
            "seconds": self.seconds,
        }
