"""Run folders of known content: records that pass every check, predictions of known accuracy."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.data import labels as published
from fmnist_bench.data.facts import PROTOCOL_VERSION, dataset_facts
from fmnist_bench.records.identity import recipe_identity, run_identity
from fmnist_bench.records.predictions import Predictions, write_predictions
from fmnist_bench.records.record import Epoch, Git, Hardware, Record, Row, Score, write_record

IMAGES = 10_000
START = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


labels = published.test_labels


@dataclass(frozen=True)
class Net:
    """A synthetic trained net: chance of being right on each image, shape (10000,)."""

    chance: NDArray[np.float64]

    def predictions(self, truth: NDArray[np.uint8], seed: int) -> Predictions:
        """Draw one training run's predictions; a wrong class is any of the other nine."""
        draw = np.random.default_rng([seed, 77])
        wrong = draw.random(IMAGES) >= self.chance
        shift = draw.integers(1, 10, IMAGES)
        classes = np.where(wrong, (truth + shift) % 10, truth).astype(np.uint8)
        confidence = np.clip(self.chance, 0.1, 1).astype(np.float16)
        return Predictions(classes, confidence)


def net(accuracy: float, *, disagreement: float = 0.05, seed: int = 0) -> Net:
    """A net of expected `accuracy` whose seeds disagree on a share of the images.

    A share `disagreement` of all images is a coin toss in each run; the others are always
    right or always wrong. Nets made with one `seed` find the same images hard.
    """
    easy = accuracy - disagreement / 2
    hardness = np.random.default_rng(seed).permutation(IMAGES) / IMAGES
    chance = np.where(hardness < easy, 1.0, np.where(hardness < easy + disagreement, 0.5, 0.0))
    return Net(chance)


def config(row: Row, dataset: str, seed: int, **changes: Any) -> dict[str, Any]:
    """A resolved config with the keys that the board reads, and a few that it does not."""
    return {
        "seed": seed,
        "epochs": 3,
        "data": {"name": dataset, "folder": None, "verify": True, "scaling": "standardize"},
        "augment": {},
        "model": {"_target_": "fmnist_bench.training.classifier.Classifier", "net": row.name},
        "trainer": {"accelerator": "cpu", "limit_batches": None},
        "row": row.model_dump(),
        "paths": {"outputs": "outputs"},
    } | changes


def row(name: str = "cnn", seeds: int = 5, **changes: Any) -> Row:
    values = {
        "name": name,
        "classifier": f"The {name}",
        "submitter": "someone",
        "code": "fmnist_bench/nets/cnn.py",
        "seeds": seeds,
        "datasets": ["fashion_mnist"],
    }
    return Row.model_validate(values | changes)


def record(
    row: Row,
    dataset: str = "fashion_mnist",
    seed: int = 0,
    *,
    config_changes: dict[str, Any] | None = None,
    **changes: Any,
) -> Record:
    """A finished run's record without predictions; `changes` replace its fields."""
    settings = config(row, dataset, seed, **(config_changes or {}))
    data_digest = changes.pop("data_digest", dataset_facts(dataset).digest)
    epoch = {"train_loss": 0.3, "train_accuracy": 0.9, "validation_loss": 0.3}
    values: dict[str, Any] = {
        "schema_version": 1,
        "identity": run_identity(settings, data_digest),
        "recipe": recipe_identity(settings),
        "protocol_version": PROTOCOL_VERSION,
        "row": row,
        "dataset": dataset,
        "data_digest": data_digest,
        "split_digest": "5" * 64,
        "seed": seed,
        "config": settings,
        "status": "done",
        "reason": None,
        "error": None,
        "validation": Score(accuracy=0.9, loss=0.3),
        "test": Score(accuracy=0.9, loss=0.3),
        "test_reads": 1,
        "best_epoch": 2,
        "epochs": 3,
        "parameters": 421_642,
        "macs": 3_870_000,
        "train_seconds": 60.0 + seed,
        "images_per_second": 2500.0,
        "peak_memory_bytes": 10**9,
        "hardware": Hardware(
            device="cpu", device_count=1, cpu="Some CPU", cores=2, memory_bytes=2**34, system="L"
        ),
        "threads": 2,
        "precision": "32-true",
        "versions": {"torch": "2.15.0"},
        "git": Git(commit="c" * 40, clean=True),
        "started": START,
        "ended": START + timedelta(seconds=60),
        "history": [
            Epoch(epoch=i, validation_accuracy=0.9, learning_rate=0.1, seconds=20.0, **epoch)
            for i in range(3)
        ],
        "predictions_digest": None,
    }
    return Record.model_validate(values | changes).sealed()


def failed(row: Row, dataset: str = "fashion_mnist", seed: int = 0, **changes: Any) -> Record:
    """The record of a run that diverged."""
    lost = {"status": "failed", "reason": "diverged", "error": "loss is nan", "test_reads": 0}
    nothing = dict.fromkeys(("validation", "test", "best_epoch", "train_seconds"))
    return record(row, dataset, seed, **(lost | nothing | changes))


def folder_name(record: Record) -> str:
    return f"{record.row.name}-{record.dataset}-s{record.seed}-{record.identity[:12]}"


def write_run(runs: Path, record: Record, predictions: Predictions | None = None) -> Path:
    """Write one run folder below `runs` and return it; its figures fit its predictions."""
    folder = runs / folder_name(record)
    if predictions is not None:
        accuracy = float((predictions.classes == labels(record.dataset)).mean())
        record = record.model_copy(
            update={
                "test": Score(accuracy=accuracy, loss=0.3),
                "predictions_digest": predictions.digest,
            }
        )
        write_predictions(folder, predictions)
    write_record(folder, record)
    return folder


def write_row(
    runs: Path, row: Row, nets: dict[str, Net], *, seeds: int | None = None, **changes: Any
) -> list[Path]:
    """Write a row's runs, seeds 0 to n-1 on each dataset that `nets` names."""
    return [
        write_run(
            runs,
            record(row, dataset, seed, **changes),
            net.predictions(
                labels(dataset), seed + 1000 * (len(row.name) + sum(row.name.encode()))
            ),
        )
        for dataset, net in nets.items()
        for seed in range(row.seeds if seeds is None else seeds)
    ]
