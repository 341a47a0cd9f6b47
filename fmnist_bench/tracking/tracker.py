"""What a tracker is: something that shows a run elsewhere. The record stays the truth."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from fmnist_bench.tracking.ending import Ending

Figures = dict[str, float]
"""One epoch's figures by name; `epoch` counts from 0. What was not measured is left out."""

LOCAL_PATIENCE = 60.0
"""Seconds that the end of a run waits for a tracker that writes to a local disk."""


@dataclass(frozen=True)
class About:
    """What is known of a run before it trains.

    `group` is the row, or the study of a search. `config` is the record's, with the row's
    texts and the commit. `process` is the process that trains, and `digest` the record's;
    the one is None when the run is over, the other until it is.
    """

    identity: str
    name: str
    group: str
    job_type: Literal["train", "tune"]
    config: dict[str, Any]
    folder: Path
    process: int | None
    digest: str | None


@runtime_checkable
class LocalTracker(Protocol):
    """Shows the epochs of one run in a file of its folder, from the run's own process."""

    def begin(self, folder: Path, earlier: Sequence[Figures]) -> None:
        """Open the file; `earlier` are the epochs of a run that continues, else empty."""

    def epoch(self, figures: Figures) -> None:
        """Show one more epoch."""


@runtime_checkable
class Tracker(Protocol):
    """Shows one run. Built in the run's process, used in one of its own.

    Its constructor takes what conf/logger says, imports nothing heavy, and raises BenchError
    for what is wrong. All else may raise anything: that ends the tracker, never the run.

    `patience` is how many seconds the end of a run waits for it; `later` says what to do when
    that was not enough.
    """

    later: ClassVar[str]

    @property
    def patience(self) -> float: ...

    def start(self, about: About, earlier: Sequence[Figures]) -> None:
        """Open the run; `earlier` are the epochs of a run that continues, else empty."""

    def epoch(self, figures: Figures) -> None:
        """Show one more epoch."""

    def done(self, ending: "Ending") -> None:
        """Show how the run ended, and close it as finished."""

    def failed(self, error: str, *, interrupted: bool) -> None:
        """Close the run as one that did not finish; it may be opened again."""
