"""logger=tensorboard: event files in the run's folder; `tensorboard --logdir outputs/runs`."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from fmnist_bench.tracking.about import About
from fmnist_bench.tracking.ending import Ending
from fmnist_bench.tracking.tracker import Figures, Tracker


class TensorboardTracker(Tracker):
    """Writes scalars for each epoch; config, final figures and pictures beside them."""

    package = "tensorboard"

    def __init__(self) -> None:
        """Raise BenchError if tensorboard is not installed."""
        super().__init__()
        # Already here, since between start and end of a run its clock may be running.
        from torch.utils.tensorboard import SummaryWriter

        self._open: Any = SummaryWriter  # untyped
        self._writer: Any = None
        self._last = 0

    def start(self, about: About) -> None:
        # Readers drop what earlier files say from step 0 on, and are told all of it again.
        self._writer = self._open(about.folder / "tensorboard", purge_step=0)
        self._text("config", json.dumps(about.config, indent=1))

    def epochs(self, figures: Sequence[Figures]) -> None:
        for each in figures:
            self._last = int(each["epoch"])
            self._scalars(each)
        self._writer.flush()

    def done(self, ending: Ending) -> None:
        from PIL import Image

        numbers = {k: v for k, v in ending.summary.items() if isinstance(v, int | float)}
        self._scalars({f"final/{name}": value for name, value in numbers.items()})
        self._text("summary", json.dumps(ending.summary, indent=1))
        for path in ending.files:
            if path.suffix == ".png":
                with Image.open(path) as picture:
                    pixels = np.asarray(picture.convert("RGB"))
                self._writer.add_image(path.stem, pixels, self._last, dataformats="HWC")
        if ending.tested is not None and ending.tested.images is not None:
            images = ending.tested.images
            images = images[..., None] if images.ndim == 3 else images
            self._writer.add_images("hardest_images", images, self._last, dataformats="NHWC")
        self._writer.close()

    def failed(self, error: str, *, interrupted: bool) -> None:
        self._text("error", error)
        self._writer.close()

    def _scalars(self, figures: Figures) -> None:
        for name, value in figures.items():
            self._writer.add_scalar(name, value, self._last)

    def _text(self, tag: str, text: str) -> None:
        # What is indented by four spaces is no Markdown, and shown as it is.
        self._writer.add_text(tag, "    " + text.replace("\n", "\n    "))
