"""What trackers show of a run that is done, read from its record and predictions."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.data.labels import test_labels
from fmnist_bench.data.parts import data_digest, find_folder, read_part
from fmnist_bench.errors import BenchError
from fmnist_bench.paths import cache_dir
from fmnist_bench.records import predictions, record, spec
from fmnist_bench.records.record import Record

HARDEST = 32
_FILES = (record.FILE_NAME, predictions.FILE_NAME, "weights.safetensors")
_FIGURES = (
    *("epochs", "parameters", "macs", "training_macs", "train_seconds", "timed_seconds"),
    *("alone", "peak_memory_bytes"),
)


@dataclass(frozen=True)
class Tested:
    """All test images by number: `labels`, `predicted` and `confidence`, each of shape (n,).

    `hardest` are the numbers (h,) of those that were wrong with the highest confidence, surest
    first; `images` their pixels, uint8 (h, height, width) or (h, height, width, 3), None where
    the images are not on this machine.
    """

    labels: NDArray[np.integer[Any]]
    predicted: NDArray[np.integer[Any]]
    confidence: NDArray[np.float16]
    hardest: NDArray[np.int64]
    images: NDArray[np.uint8] | None


@dataclass(frozen=True)
class Ending:
    """A finished run in `folder`, of which each part is read when it is first asked for.

    Reading raises BenchError where a file of the run is missing or unreadable.
    """

    folder: Path

    @cached_property
    def record(self) -> Record:
        """The run's record."""
        return record.read_record(self.folder)

    @cached_property
    def tested(self) -> Tested | None:
        """Its test set looked at closely; None of a run that did not read all of that."""
        run = self.record
        limited = run.recipe and run.recipe["trainer"].get("limit_test_batches") is not None
        if run.predictions_digest is None or limited:
            return None
        names = run.data.class_names
        found = predictions.read_predictions(self.folder, run.data.test_images, len(names))
        labels = test_labels(run.dataset) if found.labels is None else found.labels
        wrong = np.flatnonzero(found.classes != labels)
        # Stable, so that of equally sure ones the first in the file comes first.
        order = np.argsort(-found.confidence[wrong].astype(np.float32), kind="stable")
        hardest = wrong[order][:HARDEST]
        images = _test_images(self.folder, run)
        chosen = None if images is None else images[hardest]
        return Tested(labels, found.classes, found.confidence, hardest, chosen)

    @property
    def files(self) -> list[Path]:
        """Record, predictions and weights, as far as they are there, and drawn pictures.

        Weights that were never tested are those of a trial, which its search deletes.
        """
        names = _FILES if self.record.test is not None else _FILES[:2]
        there = [path for name in names if (path := self.folder / name).is_file()]
        return [*there, *sorted(self.folder.glob("*.png"))]

    @property
    def summary(self) -> dict[str, Any]:
        """The record's figures by name; what was not measured is left out."""
        run = self.record
        found: dict[str, Any] = {"status": run.status, "record_digest": run.digest}
        for name, score in (("test", run.test), ("validation", run.validation)):
            if score is not None:
                figures = {**score.metrics, "accuracy": score.accuracy, "loss": score.loss}
                found |= {f"{name}_{key}": value for key, value in figures.items()}
        found |= {name: getattr(run, name) for name in _FIGURES}
        # Not under its own name, which is that of an epoch's figure.
        found["mean_images_per_second"] = run.images_per_second
        found["best_epoch"] = run.selection.epoch if run.selection else None
        found["device"] = run.machine.device if run.machine else None
        found["git_commit"] = run.code.commit if run.code else None
        return {name: value for name, value in found.items() if value is not None}


def _test_images(folder: Path, run: Record) -> NDArray[np.uint8] | None:
    """Return the images that the run was tested on, None where they are not."""
    named = None
    try:
        if (folder / spec.FILE_NAME).exists():
            named = spec.read_spec(folder).config["data"].get("folder")
        home = find_folder(run.dataset, Path(named)) if named else cache_dir() / run.dataset
        if data_digest(home) == run.data.digest:
            images: NDArray[np.uint8] = read_part(home, "test_images").array
            return images
    except BenchError:
        pass  # gone meanwhile, or never here
    return None
