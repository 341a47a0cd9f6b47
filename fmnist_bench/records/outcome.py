"""Builds the record of a run that finished, and of one that did not. Imports no torch."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psutil

from fmnist_bench.data.facts import DATASETS, PROTOCOL_VERSION
from fmnist_bench.records.environment import code, cores, hardware, versions
from fmnist_bench.records.identity import recipe_digest
from fmnist_bench.records.reads import reads_of
from fmnist_bench.records.record import (
    Code,
    Data,
    Epoch,
    Machine,
    Prediction,
    Reason,
    Record,
    Row,
    Score,
    Selection,
)
from fmnist_bench.records.spec import Spec

_ALONE = 0.1
"""Cores that others may have kept busy, on average, while a run was timed alone."""


@dataclass(frozen=True)
class Facts:
    """What holds from the start of a run: its time, its code, and how busy the machine was."""

    started: datetime
    code: Code
    clock: float
    busy: float

    @classmethod
    def now(cls, config: Mapping[str, Any]) -> "Facts":
        """Look at time and code of the run of `config`, which starts now."""
        return cls(datetime.now(UTC), Code(**code(config)), time.monotonic(), _busy_elsewhere())

    def load(self) -> float:
        """Return how many cores others have kept busy since, on average."""
        seconds = max(time.monotonic() - self.clock, 1e-3)
        return round(max(_busy_elsewhere() - self.busy, 0.0) / seconds, 3)


@dataclass(frozen=True)
class Measured:
    """What a finished run found out about itself; `device` is a GPU's name, None for the CPU.

    Of a model without parameters that steps train, `parameters`, `macs` and `history` are None.
    """

    data: Data
    parameters: int | None
    macs: int | None
    training_macs: int | None
    history: list[dict[str, Any]] | None
    train_seconds: float
    images: int
    step_seconds: float
    timed_seconds: float | None
    processes: int
    device: str | None
    peak_memory_bytes: int
    fast_layers: list[str]
    pretraining: str | None


def done_record(
    spec: Spec,
    facts: Facts,
    measured: Measured,
    *,
    validation: Score | None,
    test: Score | None,
    test_reads: int,
    selection: Selection,
    weights_digest: str | None,
    predictions_digest: str | None,
) -> Record:
    """Return the record of a run that finished."""
    load = facts.load()
    images, history = measured.images, measured.history
    return Record(
        **_common(spec, facts.started),
        code=facts.code,
        machine=_machine(spec.config, measured, load),
        data=measured.data,
        pretraining=measured.pretraining,
        status="done",
        reason=None,
        error=None,
        validation=validation,
        test=test,
        test_reads=test_reads,
        selection=selection,
        epochs=None if history is None else len(history),
        parameters=measured.parameters,
        macs=measured.macs,
        training_macs=measured.training_macs,
        train_seconds=measured.train_seconds,
        timed_seconds=measured.timed_seconds,
        alone=load < _ALONE,
        images_per_second=images / measured.step_seconds
        if images and history is not None
        else None,
        peak_memory_bytes=measured.peak_memory_bytes,
        history=None if history is None else [Epoch(**entry) for entry in history],
        weights_digest=weights_digest,
        predictions_digest=predictions_digest,
    )


def failed_record(spec: Spec, *, started: datetime, reason: Reason, error: str) -> Record:
    """Return the record of a run that did not finish; nothing of it is scored."""
    nothing: dict[str, Any] = dict.fromkeys(
        (
            *("validation", "test", "selection", "epochs", "parameters", "macs"),
            *("training_macs", "train_seconds", "timed_seconds", "alone", "images_per_second"),
            *("peak_memory_bytes", "history", "weights_digest", "predictions_digest", "machine"),
        )
    )
    facts = DATASETS.get(spec.dataset)
    return Record(
        **_common(spec, started),
        **nothing,
        code=Code(**code(spec.config)),
        data=Data(
            name=spec.dataset,
            digest=spec.data_digest,
            split_digest=None,
            class_names=list(facts.class_names) if facts else [],
            image_shape=[1, 28, 28] if facts else [],
            train_images=None,
            test_images=10_000 if facts else 0,
        ),
        status="failed",
        reason=reason,
        error=error,
        test_reads=reads_of(spec.folder),
    )


def _common(spec: Spec, started: datetime) -> dict[str, Any]:
    config = spec.config
    return {
        "schema_version": 2,
        "identity": spec.identity,
        "recipe_digest": recipe_digest(spec.recipe),
        "protocol_version": PROTOCOL_VERSION,
        "row": Row(**config["row"]),
        "seed": config["seed"],
        "sweep": spec.asked.sweep,
        "parent": (config.get("parent") or {}).get("identity"),
        "recipe": spec.recipe,
        "prediction": Prediction(test_time_flip=config["test_time_flip"]),
        "versions": versions(),
        "started": started,
        "ended": datetime.now(UTC),
    }


def _machine(config: Mapping[str, Any], measured: Measured, load: float) -> Machine:
    trainer, speed, here = config["trainer"], config["speed"], hardware()
    return Machine(
        **here,
        accelerator=trainer["accelerator"],
        strategy=str(trainer.get("strategy", "auto")),
        nodes=trainer.get("num_nodes", 1),
        processes=measured.processes,
        device=measured.device or here["cpu"],
        threads=speed["threads"] or cores(),
        channels_last=speed["channels_last"],
        compile=speed["compile"],
        deterministic=trainer.get("deterministic") or False,
        fast_layers=measured.fast_layers,
        load=load,
    )


def _busy_elsewhere() -> float:
    """Return the seconds that cores have worked for others than this process and its children."""
    times, own = psutil.cpu_times(), os.times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    total = sum(times[:8]) if len(times) >= 8 else sum(times)
    return total - idle - (own.user + own.system + own.children_user + own.children_system)
