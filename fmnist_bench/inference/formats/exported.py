"""What an export is made of, before any of it is written."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fmnist_bench import __version__
from fmnist_bench.data.facts import dataset_facts
from fmnist_bench.inference.trained import TrainedRun
from fmnist_bench.records.identity import canonical_json

INPUT = "images"
OUTPUTS = ("logits", "probabilities")

Pixels = NDArray[np.uint8]
"""Images (N, 1, 28, 28), 0 to 255, as the dataset's files have them."""
Answer = Callable[[Pixels], tuple[NDArray[np.float32], NDArray[np.float32]]]
"""Gives logits and probabilities, both (N, 10), by reading the exported bytes back."""


@dataclass(frozen=True)
class Exported:
    """`files` maps a file's suffix to its content; `answer` runs that content on pixels."""

    files: dict[str, bytes]
    answer: Answer
    remarks: tuple[str, ...] = ()


def metadata(run: TrainedRun) -> dict[str, str]:
    """Return what a user of the exported file needs to know, as text; the config as JSON."""
    record = run.record
    facts = dataset_facts(record.dataset)
    return {
        "run": run.name,
        "row": record.row.name,
        "identity": record.identity,
        "dataset": record.dataset,
        "class_names": json.dumps(facts.class_names),
        "input": f"{INPUT}: uint8 (batch, 1, 28, 28), 0 to 255, light subject on black",
        "outputs": f"{OUTPUTS[0]} and {OUTPUTS[1]}: float32 (batch, 10)",
        "scaling": str(record.config["data"]["scaling"]),
        "mean": str(facts.mean),
        "std": str(facts.std),
        "test_time_flip": json.dumps(record.config["test_time_flip"]),
        "scored_in": record.precision,
        "test_accuracy": json.dumps(record.test.accuracy if record.test else None),
        "config": canonical_json(record.config),
        "fmnist_bench": __version__,
    }
