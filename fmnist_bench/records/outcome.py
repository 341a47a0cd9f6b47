"""Builds the record of a run that finished, and of one that did not. Imports no torch."""

import resource
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fmnist_bench.data.facts import PROTOCOL_VERSION
from fmnist_bench.records.environment import cores, git, hardware, versions
from fmnist_bench.records.identity import identity_config, recipe_identity
from fmnist_bench.records.record import Epoch, Reason, Record, Row, Score
from fmnist_bench.records.spec import Spec

if TYPE_CHECKING:
    import torch

    from fmnist_bench.training.curves import Curves


@dataclass(frozen=True)
class Measured:
    """What a finished run found out."""

    started: datetime
    split_digest: str
    validation: Score | None
    test: Score | None
    test_reads: int
    best_epoch: int | None
    parameters: int
    macs: int
    curves: "Curves"
    device: "torch.device"
    timed_seconds: float | None
    predictions_digest: str | None


def done_record(spec: Spec, measured: Measured) -> Record:
    """Return the record of a run that finished."""
    curves = measured.curves
    return Record(
        **_common(spec, _device_name(measured.device)),
        split_digest=measured.split_digest,
        status="done",
        reason=None,
        error=None,
        validation=measured.validation,
        test=measured.test,
        test_reads=measured.test_reads,
        best_epoch=measured.best_epoch,
        epochs=len(curves.history),
        parameters=measured.parameters,
        macs=measured.macs,
        train_seconds=curves.train_seconds,
        timed_seconds=measured.timed_seconds,
        images_per_second=curves.images / curves.step_seconds if curves.images else None,
        peak_memory_bytes=_peak_memory(measured.device),
        started=measured.started,
        ended=datetime.now(UTC),
        history=[Epoch(**entry) for entry in curves.history],
        predictions_digest=measured.predictions_digest,
    )


def failed_record(spec: Spec, *, started: datetime, reason: Reason, error: str) -> Record:
    """Return the record of a run that did not finish; nothing of it is scored."""
    return Record(
        **_common(spec, None),
        split_digest=None,
        status="failed",
        reason=reason,
        error=error,
        validation=None,
        test=None,
        test_reads=0,
        best_epoch=None,
        epochs=0,
        parameters=None,
        macs=None,
        train_seconds=None,
        images_per_second=None,
        peak_memory_bytes=None,
        started=started,
        ended=datetime.now(UTC),
        history=[],
        predictions_digest=None,
    )


def _common(spec: Spec, device: str | None) -> dict[str, Any]:
    config = spec.config
    row = config["row"]
    return {
        "schema_version": 1,
        "identity": spec.identity,
        "recipe": recipe_identity(config),
        "protocol_version": PROTOCOL_VERSION,
        "row": Row(**row),
        "dataset": config["data"]["name"],
        "data_digest": spec.data_digest,
        "seed": config["seed"],
        # Keys outside the identity would carry paths of one machine into the record.
        "config": identity_config(config),
        "hardware": hardware(device=device, device_count=config["trainer"]["devices"]),
        "threads": config["trainer"]["threads"] or cores(),
        "precision": config["precision"],
        "versions": versions(),
        "git": git(),
    }


def _device_name(device: "torch.device") -> str | None:
    if device.type != "cuda":
        return None
    import torch

    return torch.cuda.get_device_name(device)


def _peak_memory(device: "torch.device") -> int:
    if device.type == "cuda":
        import torch

        return torch.cuda.max_memory_allocated(device)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
