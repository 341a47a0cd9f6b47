"""A row of predictions that were made elsewhere: shown as unverified, and never ranked."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from fmnist_bench.board.answers import Answers
from fmnist_bench.data.facts import DATASETS, PROTOCOL_VERSION
from fmnist_bench.data.labels import test_labels
from fmnist_bench.errors import BenchError
from fmnist_bench.records.identity import sha256_of
from fmnist_bench.records.names import folder_name
from fmnist_bench.records.predictions import (
    Predictions,
    from_log_probabilities,
    write_predictions,
)
from fmnist_bench.records.record import Data, Prediction, Record, Row, Score, write_record


def submit(
    answers: Sequence[Answers], results: Path, row: Row, dataset: str, now: datetime | None = None
) -> list[Path]:
    """Write a run folder for each of `answers`, as seeds 0 and up of `row`; return the folders.

    Raises:
        BenchError: an answer has no probabilities, the row is there already, or nothing can be
            written.
    """
    home = results / "runs" / row.name
    if home.exists():
        raise BenchError(f"{home}: there already; submit under another name")
    kept = [_predictions(each) for each in answers]
    ended = now or datetime.now(UTC)
    folders = []
    for seed, predictions in enumerate(kept):
        record = _record(row, dataset, seed, predictions, ended)
        folder = home / folder_name(row.name, dataset, seed, record.identity)
        write_predictions(folder, predictions)
        write_record(folder, record)
        folders.append(folder)
    return folders


def _predictions(answers: Answers) -> Predictions:
    if answers.probabilities is None:
        raise BenchError(
            "--submit: needs probabilities of all classes, not the classes alone, so that loss and "
            "calibration can be computed"
        )
    least = np.finfo(np.float32).tiny
    return from_log_probabilities(np.log(np.maximum(answers.probabilities, least)))


def _record(row: Row, dataset: str, seed: int, predictions: Predictions, ended: datetime) -> Record:
    facts, labels = DATASETS[dataset], test_labels(dataset)
    probabilities = predictions.probabilities
    assert probabilities is not None, "made of probabilities"
    own = probabilities[np.arange(len(labels)), labels]
    score = Score(
        accuracy=float((predictions.classes == labels).mean()),
        loss=float(-np.log(np.maximum(own, np.finfo(np.float32).tiny)).mean()),
    )
    unknown = (
        *("recipe_digest", "recipe", "machine", "code", "reason", "error", "validation"),
        *("selection", "epochs", "parameters", "macs", "training_macs", "train_seconds"),
        *("timed_seconds", "alone", "images_per_second", "peak_memory_bytes", "history"),
        "weights_digest",
    )
    return Record(
        **dict.fromkeys(unknown),  # type: ignore[arg-type]  # all of them may be None
        schema_version=2,
        identity=sha256_of([row.name, dataset, seed, predictions.digest]),
        protocol_version=PROTOCOL_VERSION,
        row=row,
        data=Data(
            name=dataset,
            digest=facts.digest,
            split_digest=None,
            class_names=list(facts.class_names),
            image_shape=[1, 28, 28],
            train_images=None,
            test_images=len(labels),
        ),
        seed=seed,
        versions={},
        status="done",
        test=score,
        test_reads=1,
        prediction=Prediction(test_time_flip=False),
        started=ended,
        ended=ended,
        predictions_digest=predictions.digest,
    )
