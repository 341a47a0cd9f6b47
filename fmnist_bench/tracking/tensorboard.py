"""logger=tensorboard: event files in the run's folder; `tensorboard --logdir outputs/runs`."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from fmnist_bench.tracking.packages import require
from fmnist_bench.tracking.tracker import LOCAL_PATIENCE, About, Figures

if TYPE_CHECKING:
    from fmnist_bench.tracking.ending import Ending
    from fmnist_bench.tracking.events import EventFile

FOLDER = "tensorboard"


class TensorboardTracker:
    """Writes scalars for each epoch; config, final figures and pictures beside them."""

    patience = LOCAL_PATIENCE
    later: ClassVar[str] = "the record has the figures"

    def __init__(self) -> None:
        """Raise BenchError if tensorboard is not installed."""
        require("tensorboard")
        self._file: EventFile | None = None

    def start(self, about: About, earlier: Sequence[Figures]) -> None:
        from fmnist_bench.tracking.events import EventFile

        self._file = EventFile(about.folder / FOLDER)
        self._file.text("config", json.dumps(about.config, indent=1))
        for figures in earlier:
            self.epoch(figures)

    def epoch(self, figures: Figures) -> None:
        self._opened.scalars(int(figures["epoch"]), figures)

    def done(self, ending: "Ending") -> None:
        from fmnist_bench.tracking.pictures import confusion_picture, hardest_picture

        file, summary = self._opened, ending.summary
        last = max(ending.record.epochs - 1, 0)
        numbers = {k: v for k, v in summary.items() if isinstance(v, int | float)}
        file.scalars(last, {f"final/{name}": value for name, value in numbers.items()})
        file.text("summary", json.dumps(summary, indent=1))
        if ending.confusion is not None:
            file.picture("confusion_matrix", last, confusion_picture(ending.confusion))
        hardest = hardest_picture(ending.hardest)
        if hardest is not None:
            file.picture("hardest_images", last, hardest)
        file.close()

    def failed(self, error: str, *, interrupted: bool) -> None:
        self._opened.text("error", error)
        self._opened.close()

    @property
    def _opened(self) -> "EventFile":
        assert self._file is not None, "start comes first"
        return self._file
