"""The names under which trackers show an epoch."""

from collections.abc import Mapping
from typing import Any

from fmnist_bench.tracking.tracker import Figures

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
    return {NAMES[name]: value for name, value in entry.items() if value is not None}
