"""What a tracker is: something that shows a run elsewhere. The record stays the truth."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar

from fmnist_bench.errors import BenchError

if TYPE_CHECKING:
    from fmnist_bench.tracking.about import About
    from fmnist_bench.tracking.ending import Ending

Figures = dict[str, float]
"""One epoch's figures by name; `epoch` counts from 0. What was not measured is left out."""

NAMES = {
    "epoch": "epoch",
    "train_loss": "train/loss",
    "train_accuracy": "train/accuracy",
    "validation_loss": "val/loss",
    "validation_accuracy": "val/accuracy",
    "learning_rate": "learning_rate",
    "seconds": "epoch_seconds",
}
"""Name in the record's history -> name that a tracker shows; those a model logs stay theirs."""

THROUGHPUT = "images_per_second"
"""Training images per second of training steps in this epoch; the record has the run's mean."""


def epoch_figures(entry: Mapping[str, Any]) -> Figures:
    """Return one entry of the record's history under the names of trackers."""
    own = {NAMES[name]: entry[name] for name in NAMES if entry.get(name) is not None}
    return own | dict(entry.get("metrics", {}))


class Tracker(ABC):
    """Shows one run. Made in the run's process by what conf/logger says.

    Its constructor raises BenchError for what is wrong. All else may raise anything: that ends
    the tracker, never the run. One that waits for more than a local disk works `apart`: it is
    pickled before it starts, and goes on in another process, which imports what it needs; the
    end of a run waits for it so many seconds (`patience`). `later` is what to do when it gave
    up; one that is `off` shows nothing; `package` is what has to be installed.
    """

    apart: ClassVar[bool] = False
    later: ClassVar[str] = "the record has the figures"
    package: ClassVar[str | None] = None
    patience: float = 60.0
    off: bool = False

    def __init__(self) -> None:
        """Check, without importing it, that `package` is installed.

        Raises:
            BenchError: it is not; the message says how to install it.
        """
        if self.package and find_spec(self.package) is None:
            raise BenchError(
                f"logger={self.package} needs the package {self.package}; "
                f'pip install "fmnist-bench[{self.package}]", in a clone scripts/setup '
                f"{self.package}, or choose another logger"
            )

    @abstractmethod
    def start(self, about: "About") -> None:
        """Open the run."""

    @abstractmethod
    def epochs(self, figures: Sequence[Figures]) -> None:
        """Show more epochs; the first call has those of a run that continues, or none."""

    @abstractmethod
    def done(self, ending: "Ending") -> None:
        """Show how the run ended, and close it as finished."""

    @abstractmethod
    def failed(self, error: str, *, interrupted: bool) -> None:
        """Close the run as one that did not finish; it may be opened again."""
