"""The run record: everything known about one run, as one JSON file."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fmnist_bench.errors import BenchError
from fmnist_bench.files import atomic_write
from fmnist_bench.records.identity import canonical_json, recipe_digest, run_identity, sha256_of

FILE_NAME = "record.json"
SCHEMA_VERSION = 2

Reason = Literal[
    "error", "diverged", "out of memory", "killed", "time limit", "interrupted", "pruned"
]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Row(_Part):
    """How the board labels the run. `seeds` is how many runs the row is planned to have.

    `published_epochs` is how long the source trained, where the run took a part of that;
    `note` is a sentence that the board prints beside the row.
    """

    name: str
    classifier: str
    submitter: str
    code: str
    seeds: int
    datasets: list[str]
    published_epochs: int | None = None
    note: str | None = None


class Data(_Part):
    """The data as the run found it; `image_shape` is (channels, height, width).

    `digest` is that of all files of the dataset, `split_digest` that of the validation
    images, None without any. `pixel_scaling` has a factor and an offset for each channel, or
    one pair for all: a net saw factor * pixel + offset of pixels from 0 to 255. It is None of
    a data module that does not say.
    """

    name: str
    digest: str | None
    split_digest: str | None
    class_names: list[str]
    image_shape: list[int]
    train_images: int | None
    test_images: int
    pixel_scaling: list[tuple[float, float]] | None = None


class Machine(_Part):
    """Where and how it ran, as far as that is no part of the recipe.

    `device` names the processor that trained, `memory_bytes` is that of the machine;
    `processes` counts those of all nodes. `fast_layers` names the layers that a CPU computed
    in another way than torch does. `load` is what else ran: the mean number of processes, over
    the run, that wanted a core beside this one's, None where it was not looked at.
    """

    accelerator: str
    strategy: str
    nodes: int
    processes: int
    device: str
    cpu: str
    cores: int
    memory_bytes: int
    system: str
    threads: int
    channels_last: bool
    compile: bool | str
    deterministic: bool | str
    fast_layers: list[str] | None
    load: float | None


class Code(_Part):
    """Commit at the start of the run, None outside a checkout; `clean` is False with changes.

    `source` is a digest of the files that define net and module, without comments.
    """

    commit: str | None
    clean: bool | None
    source: str | None


class Score(_Part):
    """Accuracy in [0, 1] and mean cross-entropy (nats per image) of one pass over a set.

    There is no loss where the model names a class alone, without probabilities.
    """

    accuracy: float
    loss: float | None
    metrics: dict[str, float] = Field(default_factory=dict)


class Selection(_Part):
    """Which weights were scored: the last, or those of the best epoch on validation images."""

    weights: Literal["last", "best"]
    epoch: int | None


class Prediction(_Part):
    """How a prediction is made: averaged with the mirror image's, over members, softened."""

    test_time_flip: bool
    members: int = 1
    temperature: float | None = None


class Epoch(_Part):
    """One epoch's curves; losses in nats per image, accuracies in [0, 1].

    `learning_rate` is the one the epoch ended with. Training figures are means over the
    epoch's augmented batches; `metrics` are whatever else the model logged.
    """

    epoch: int
    train_loss: float | None
    train_accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None
    learning_rate: float | None
    seconds: float
    metrics: dict[str, float] = Field(default_factory=dict)


class Record(_Part):
    """One run. A value that was not measured is None, never zero.

    `recipe` holds all that can change what is learned, and `recipe_digest` is its hash
    without seed and dataset; both are None for predictions made elsewhere. `macs` are
    multiply-accumulates of classifying one image, `training_macs` those of the whole
    training as executed. `train_seconds` is the wall time of all epochs, validation included;
    a model that is fitted in one pass has
    neither `epochs` nor `history`, and no parameters and MACs that were counted;
    `timed_seconds` is that of a run timed by the rules of speed records (training/clock.py);
    `alone` says that nothing else ran meanwhile. `images_per_second` counts training steps
    alone; `peak_memory_bytes` is the process's resident peak on a CPU and the allocator's on a
    GPU. `parent` is the identity of the run that this one went on from.
    """

    schema_version: Literal[2]
    identity: str
    recipe_digest: str | None
    protocol_version: int
    row: Row
    data: Data
    seed: int
    recipe: dict[str, Any] | None
    machine: Machine | None
    code: Code | None
    versions: dict[str, str]
    pretraining: str | None = None
    parent: str | None = None
    sweep: str | None = None
    status: Literal["done", "failed"]
    reason: Reason | None
    error: str | None
    validation: Score | None
    test: Score | None
    test_reads: int
    selection: Selection | None
    prediction: Prediction
    epochs: int | None
    parameters: int | None
    macs: int | None
    training_macs: int | None
    train_seconds: float | None
    timed_seconds: float | None
    alone: bool | None
    images_per_second: float | None
    peak_memory_bytes: int | None
    started: datetime
    ended: datetime
    history: list[Epoch] | None
    weights_digest: str | None
    predictions_digest: str | None
    digest: str = ""

    @property
    def dataset(self) -> str:
        return self.data.name

    @property
    def precision(self) -> str | None:
        """Arithmetic of training, in Lightning's words."""
        return None if self.recipe is None else self.recipe["trainer"].get("precision")

    def sealed(self) -> "Record":
        """Return the record with `digest` set to the hash of all its other content."""
        content = self.model_dump(mode="json", exclude={"digest"})
        return self.model_copy(update={"digest": sha256_of(content)})


def write_record(folder: Path, record: Record) -> None:
    """Seal `record` and write it into `folder` as `record.json`, whole or not at all."""
    content = json.loads(canonical_json(record.sealed().model_dump(mode="json")))
    with atomic_write(folder / FILE_NAME) as file:
        file.write((json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())


def read_record(folder: Path) -> Record:
    """Read and check `record.json` in `folder`.

    Raises:
        BenchError: it is missing, not JSON, of another schema, not of the schema, or was
            edited after it was written (one of its hashes does not fit).
    """
    path = folder / FILE_NAME
    content = _load(path)
    if content.get("digest") != sha256_of({k: v for k, v in content.items() if k != "digest"}):
        raise BenchError(
            f"{path}: edited after it was written (its digest does not fit its content)"
        )
    try:
        record = Record.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise BenchError(f"{path}: {key}: {first['msg']}") from None
    if record.recipe is not None:
        if record.identity != run_identity(record.recipe, record.data.digest):
            raise BenchError(f"{path}: identity does not fit its recipe, protocol and data digest")
        if record.recipe_digest != recipe_digest(record.recipe):
            raise BenchError(f"{path}: recipe_digest does not fit its recipe")
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
    if version != SCHEMA_VERSION:
        remedy = "upgrade fmnist-bench" if version > SCHEMA_VERSION else "run it again"
        raise BenchError(
            f"{path}: schema version {version}, and this version reads {SCHEMA_VERSION}; {remedy}"
        )
    return content


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
