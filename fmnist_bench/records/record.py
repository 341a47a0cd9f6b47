"""The run record: everything known about one run, as one JSON file."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from fmnist_bench.errors import BenchError
from fmnist_bench.files import atomic_write
from fmnist_bench.records.identity import canonical_json, recipe_identity, run_identity, sha256_of

FILE_NAME = "record.json"
SCHEMA_VERSION = 1

Reason = Literal[
    "error", "diverged", "out of memory", "killed", "time limit", "interrupted", "pruned"
]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Row(_Part):
    """How the board labels the run. `seeds` is how many runs the row is planned to have."""

    name: str
    classifier: str
    submitter: str
    code: str
    seeds: int
    datasets: list[str]


class Score(_Part):
    """Accuracy in [0, 1] and mean cross-entropy (nats per image) of one pass over a set."""

    accuracy: float
    loss: float


class Epoch(_Part):
    """One epoch's curves; losses in nats per image, accuracies in [0, 1].

    `learning_rate` is the one the epoch ended with. Training figures are means over the
    epoch's augmented batches.
    """

    epoch: int
    train_loss: float | None
    train_accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None
    learning_rate: float
    seconds: float


class Hardware(_Part):
    """`device` names the processor that trained, `memory_bytes` is that of the machine."""

    device: str
    device_count: int
    cpu: str
    cores: int
    memory_bytes: int
    system: str


class Git(_Part):
    """Commit of the code, None outside a checkout; `clean` is False with uncommitted changes."""

    commit: str | None
    clean: bool | None


class Record(_Part):
    """One run. A value that was not measured is None, never zero.

    `train_seconds` is the wall time of all epochs, validation included; `timed_seconds` is
    that of a run timed by the rules of speed records (training/clock.py), else None;
    `images_per_second` counts training steps alone; `peak_memory_bytes` is the process's
    resident peak on a CPU and the allocator's peak on a GPU.
    """

    schema_version: Literal[1]
    identity: str
    recipe: str
    protocol_version: int
    row: Row
    dataset: str
    data_digest: str
    split_digest: str | None
    seed: int
    config: dict[str, Any]
    status: Literal["done", "failed"]
    reason: Reason | None
    error: str | None
    validation: Score | None
    test: Score | None
    test_reads: int
    best_epoch: int | None
    epochs: int
    parameters: int | None
    macs: int | None
    train_seconds: float | None
    timed_seconds: float | None = None
    images_per_second: float | None
    peak_memory_bytes: int | None
    hardware: Hardware
    threads: int
    precision: str
    versions: dict[str, str]
    git: Git
    started: datetime
    ended: datetime
    history: list[Epoch]
    predictions_digest: str | None
    digest: str = ""

    def sealed(self) -> "Record":
        """Return the record with `digest` set to the hash of all its other content."""
        content = self.model_dump(mode="json", exclude={"digest"})
        return self.model_copy(update={"digest": sha256_of(content)})


_MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""Schema version -> function that lifts a record's raw content to the next version."""


def write_record(folder: Path, record: Record) -> None:
    """Seal `record` and write it into `folder` as `record.json`, whole or not at all."""
    content = json.loads(canonical_json(record.sealed().model_dump(mode="json")))
    with atomic_write(folder / FILE_NAME) as file:
        file.write((json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())


def read_record(folder: Path) -> Record:
    """Read and check `record.json` in `folder`.

    Raises:
        BenchError: it is missing, not JSON, of a newer schema, not of the schema,
            or was edited after it was written (one of its hashes does not fit).
    """
    path = folder / FILE_NAME
    content = _load(path)
    if content.get("digest") != sha256_of({k: v for k, v in content.items() if k != "digest"}):
        raise BenchError(
            f"{path}: edited after it was written (its digest does not fit its content)"
        )
    record = _parse(path, content)
    if record.identity != run_identity(record.config, record.data_digest):
        raise BenchError(f"{path}: identity does not fit its config, protocol and data digest")
    if record.recipe != recipe_identity(record.config):
        raise BenchError(f"{path}: recipe does not fit its config")
    return record


def _load(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes(), parse_constant=_refuse_constant)
        # What JSON allows and a record never holds: halves of UTF-16 pairs.
        canonical_json(content).encode()
    except FileNotFoundError:
        raise BenchError(f"{path}: missing; not a run folder") from None
    except (ValueError, OSError, RecursionError) as error:
        raise BenchError(f"{path}: not readable as JSON ({error}); run it again") from None
    if not isinstance(content, dict) or not isinstance(content.get("schema_version"), int):
        raise BenchError(f"{path}: no schema_version; not a run record")
    version = content["schema_version"]
    if version > SCHEMA_VERSION:
        raise BenchError(
            f"{path}: schema version {version} is newer than {SCHEMA_VERSION}, "
            "the newest this version reads; upgrade fmnist-bench"
        )
    return content


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _parse(path: Path, content: dict[str, Any]) -> Record:
    version: int = content["schema_version"]
    while version < SCHEMA_VERSION:
        if version not in _MIGRATIONS:
            raise BenchError(f"{path}: schema version {version} was never published")
        content = _MIGRATIONS[version](content)
        version += 1
    try:
        return Record.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise BenchError(f"{path}: {key}: {first['msg']}") from None
