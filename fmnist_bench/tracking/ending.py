"""What trackers show of a run that is done, read from its record and predictions."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.board.confusion import confusion_matrix
from fmnist_bench.data.facts import DATASETS, FILE_NAMES
from fmnist_bench.data.idx import read_idx
from fmnist_bench.data.labels import test_labels as published_labels
from fmnist_bench.records import predictions as predictions_file
from fmnist_bench.records import record as record_file
from fmnist_bench.records.predictions import Predictions, read_predictions
from fmnist_bench.records.record import Record, read_record

HARDEST = 32
WEIGHTS_FILE = "weights.safetensors"  # not imported from runs.weights, which imports torch


@dataclass(frozen=True)
class HardImage:
    """A test image that the net got wrong, and how sure it was of the wrong class.

    `image` is uint8 (28, 28), None where the images are not on this machine.
    """

    index: int
    label: int
    predicted: int
    probability: float
    image: NDArray[np.uint8] | None


@dataclass(frozen=True)
class Ending:
    """A finished run: its record, its test set looked at closely, its files.

    `confusion` counts test images, shape (10, 10), row = label, column = prediction;
    `labels` and `predicted` are uint8 (n,). All three are None for a run that was not tested.
    """

    name: str
    record: Record
    class_names: tuple[str, ...]
    labels: NDArray[np.uint8] | None
    predicted: NDArray[np.uint8] | None
    confusion: NDArray[np.int64] | None
    hardest: tuple[HardImage, ...]
    weights: Path | None
    evidence: tuple[Path, ...]

    @property
    def summary(self) -> dict[str, Any]:
        """The record's figures by name; what was not measured is left out."""
        record = self.record
        found = {
            "status": record.status,
            "test_accuracy": record.test.accuracy if record.test else None,
            "test_loss": record.test.loss if record.test else None,
            "validation_accuracy": record.validation.accuracy if record.validation else None,
            "validation_loss": record.validation.loss if record.validation else None,
            "best_epoch": record.best_epoch,
            "epochs": record.epochs,
            "parameters": record.parameters,
            "macs": record.macs,
            "train_seconds": record.train_seconds,
            "mean_images_per_second": record.images_per_second,
            "peak_memory_bytes": record.peak_memory_bytes,
            "device": record.hardware.device,
            "git_commit": record.git.commit,
            "record_digest": record.digest,
        }
        return {name: value for name, value in found.items() if value is not None}


def read_ending(folder: Path, data_folder: Path | None) -> Ending:
    """Read the finished run in `folder`; test images and labels are those in `data_folder`.

    Without `data_folder` the labels are the package's own, and hard images have no picture.

    Raises:
        BenchError: a file of the run or of the data is missing or unreadable.
    """
    record = read_record(folder)
    facts = DATASETS.get(record.dataset)
    labels = predicted = confusion = None
    hardest: tuple[HardImage, ...] = ()
    if record.test is not None:
        labels, images = _test_set(record.dataset, data_folder)
        predictions = read_predictions(folder, len(labels))
        predicted = predictions.classes
        confusion = confusion_matrix(labels, predicted[None])
        hardest = _hardest(predictions, labels, images)
    weights = folder / WEIGHTS_FILE
    evidence = (folder / record_file.FILE_NAME, folder / predictions_file.FILE_NAME)
    return Ending(
        name=folder.name,
        record=record,
        class_names=facts.class_names if facts else tuple("0123456789"),
        labels=labels,
        predicted=predicted,
        confusion=confusion,
        hardest=hardest,
        # A search deletes the weights of its trials.
        weights=weights if weights.exists() and record.test is not None else None,
        evidence=tuple(path for path in evidence if path.exists()),
    )


def _test_set(
    dataset: str, folder: Path | None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    if folder is None:
        return published_labels(dataset), None
    return (
        read_idx(folder / FILE_NAMES["test_labels"]),
        read_idx(folder / FILE_NAMES["test_images"]),
    )


def _hardest(
    predictions: Predictions,
    labels: NDArray[np.uint8],
    images: NDArray[np.uint8] | None,
) -> tuple[HardImage, ...]:
    """Return the images that were wrong with the highest probability, surest first."""
    wrong = np.flatnonzero(predictions.classes != labels)
    # Stable, so that of equally sure ones the first in the file comes first.
    order = wrong[np.argsort(-predictions.confidence[wrong].astype(np.float32), kind="stable")]
    return tuple(
        HardImage(
            index=int(index),
            label=int(labels[index]),
            predicted=int(predictions.classes[index]),
            probability=float(predictions.confidence[index]),
            image=None if images is None else images[index],
        )
        for index in order[:HARDEST]
    )
