"""Run folders of known content: records that pass every check, predictions of known accuracy."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.data import labels as published
from fmnist_bench.data.facts import DATASETS, PROTOCOL_VERSION
from fmnist_bench.records.identity import recipe_digest, run_identity
from fmnist_bench.records.names import folder_name
from fmnist_bench.records.predictions import Predictions, read_predictions, write_predictions
from fmnist_bench.records.record import (
    Code,
    Data,
    Epoch,
    Machine,
    Prediction,
    Record,
    Row,
    Score,
    Selection,
    read_record,
    write_record,
)

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


def recipe(row: Row, dataset: str, seed: int, **changes: Any) -> dict[str, Any]:
    """A recipe with the keys that the board reads, and a few that it does not."""
    return {
        "seed": seed,
        "data": {"name": dataset, "seed": seed, "scaling": "standardize", "augmentations": {}},
        "model": {"_target_": "fmnist_bench.training.classifier.Classifier", "net": row.name},
        "protocol": {"name": "select", "test": None},
        "test_time_flip": False,
        "trainer": {"precision": "32-true", "max_epochs": 3, "limit_train_batches": None},
    } | changes


def machine(**changes: Any) -> Machine:
    values = {
        "accelerator": "cpu",
        "strategy": "auto",
        "nodes": 1,
        "processes": 1,
        "device": "Some CPU",
        "cpu": "Some CPU",
        "cores": 2,
        "memory_bytes": 2**34,
        "system": "L",
        "threads": 2,
        "channels_last": True,
        "compile": False,
        "deterministic": True,
        "fast_layers": [],
        "load": 0.0,
    }
    return Machine.model_validate(values | changes)


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
    recipe_changes: dict[str, Any] | None = None,
    data_changes: dict[str, Any] | None = None,
    span: float | None = None,
    **changes: Any,
) -> Record:
    """A finished run's record without predictions; `changes` replace its fields.

    `span` is how long each of its three epochs took.
    """
    settings = recipe(row, dataset, seed, **(recipe_changes or {}))
    facts = DATASETS.get(dataset)
    data = {
        "name": dataset,
        "digest": facts.digest if facts else "d" * 64,
        "split_digest": "5" * 64,
        "class_names": list(facts.class_names) if facts else ["yes", "no"],
        "image_shape": [1, 28, 28],
        "train_images": 60_000,
        "test_images": IMAGES,
    } | (data_changes or {})
    span = 20.0 + seed / 3 if span is None else span
    epoch = {"train_loss": 0.3, "train_accuracy": 0.9, "validation_loss": 0.3}
    values: dict[str, Any] = {
        "schema_version": 2,
        "identity": run_identity(settings, data["digest"]),
        "recipe_digest": recipe_digest(settings),
        "protocol_version": PROTOCOL_VERSION,
        "row": row,
        "data": Data.model_validate(data),
        "seed": seed,
        "recipe": settings,
        "machine": machine(),
        "code": Code(commit="c" * 40, clean=True, source="5" * 64),
        "versions": {"torch": "2.15.0"},
        "status": "done",
        "reason": None,
        "error": None,
        "validation": Score(accuracy=0.9, loss=0.3),
        "test": Score(accuracy=0.9, loss=0.3),
        "test_reads": 1,
        "selection": Selection(weights="best", epoch=0),
        "prediction": Prediction(test_time_flip=False),
        "epochs": 3,
        "parameters": 421_642,
        "macs": 3_870_000,
        "training_macs": 3 * 3_870_000 * 3 * 55_000,
        "train_seconds": 3 * span,
        "timed_seconds": None,
        "alone": True,
        "images_per_second": 9000.0,
        "peak_memory_bytes": 10**9,
        "started": START,
        "ended": changes.get("started", START) + timedelta(hours=1),
        "history": [
            Epoch(epoch=i, validation_accuracy=0.9, learning_rate=0.1, seconds=span, **epoch)
            for i in range(3)
        ],
        "weights_digest": "7" * 64,
        "predictions_digest": None,
    }
    return Record.model_validate(values | changes).sealed()


def failed(row: Row, dataset: str = "fashion_mnist", seed: int = 0, **changes: Any) -> Record:
    """The record of a run that diverged."""
    lost = {"status": "failed", "reason": "diverged", "error": "loss is nan", "test_reads": 0}
    nothing = dict.fromkeys(("validation", "test", "selection", "train_seconds"))
    return record(row, dataset, seed, **(lost | nothing | changes))


def name(record: Record) -> str:
    return folder_name(record.row.name, record.data.name, record.seed, record.identity)


def write_run(runs: Path, record: Record, predictions: Predictions | None = None) -> Path:
    """Write one run folder below `runs` and return it; its figures fit its predictions."""
    folder = runs / name(record)
    if predictions is not None:
        update: dict[str, Any] = {"predictions_digest": predictions.digest}
        facts = DATASETS.get(record.data.name)
        if facts and record.data.digest == facts.digest:
            accuracy = float((predictions.classes == labels(record.data.name)).mean())
            update["test"] = Score(accuracy=accuracy, loss=0.3)
        record = record.model_copy(update=update)
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


def write_rerun(
    results: Path,
    row: str,
    *,
    shift: int | None,
    seed: int = 0,
    into: Path | None = None,
    **changes: Any,
) -> Path:
    """Write a seed of a row written below `results` again, `shift` more images right.

    `shift` None copies the run itself; a change `named` is the row that it says it is of.
    """
    (original,) = (results / "runs").rglob(f"{row}-fashion_mnist-s{seed}-*")
    name = changes.pop("named", row)
    target = into or results / "reruns" / row
    if shift is None:
        return Path(shutil.copytree(original, target / original.name))
    old = read_predictions(original, IMAGES)
    truth, classes = labels("fashion_mnist"), old.classes.copy()
    wrong = np.flatnonzero((classes == truth) if shift < 0 else (classes != truth))[: abs(shift)]
    classes[wrong] = (truth[wrong] + (shift < 0)) % 10
    label = read_record(original).row.model_copy(update={"name": name})
    later = {"started": START + timedelta(days=1), "span": 25.0}
    again = record(label, seed=seed, **(later | changes))
    return write_run(target, again, Predictions(classes, old.confidence))
