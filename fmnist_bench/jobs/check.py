"""What can be known to be wrong with a sweep before anything of it is trained."""

import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from fmnist_bench.config.build import build
from fmnist_bench.errors import BenchError
from fmnist_bench.records.environment import cores
from fmnist_bench.records.spec import Spec


def refuse_repeated(specs: Sequence[Spec]) -> None:
    """Refuse a sweep that lists a run twice.

    Raises:
        BenchError: it does.
    """
    seen: set[str] = set()
    for spec in specs:
        if spec.identity in seen:
            raise BenchError(f"{spec.name}: listed twice in this sweep; drop one of the values")
        seen.add(spec.identity)


def refuse_unfit(specs: Iterable[Spec], *, here: bool) -> None:
    """Refuse jobs that cannot run; with `here`, on the devices of this machine.

    Raises:
        BenchError: a batch does not divide by the devices, there are fewer devices, the
            outputs folder cannot be written, or a tracker's argument is wrong or its package
            is missing.
    """
    folders: set[Path] = set()
    loggers: list[Any] = []
    for spec in specs:
        trainer, batch = spec.config["trainer"], spec.config["batch_size"]
        devices = trainer["devices"]
        if batch % devices:
            raise BenchError(f"batch_size: {batch} does not divide by {devices} devices")
        if here:
            _refuse_missing_devices(trainer["accelerator"], devices, trainer["device_index"])
        folders.add(spec.folder.parent)
        if spec.config["logger"] not in loggers:
            loggers.append(spec.config["logger"])
    for logger in loggers:
        build(logger)  # takes arguments and imports nothing
    for folder in folders:
        _refuse_unwritable(folder)


def _refuse_missing_devices(accelerator: str, devices: int, index: int | None) -> None:
    if accelerator == "cpu":
        there, what = cores(), "cores"
    elif accelerator in ("gpu", "cuda"):
        there, what = _gpu_count(), "GPUs"
    else:
        return  # whatever else Lightning knows, it checks itself
    if devices > there:
        raise BenchError(
            f"trainer.devices={devices} with trainer.accelerator={accelerator}: "
            f"this machine has {there} {what}"
        )
    if accelerator != "cpu" and index is not None and index >= there:
        raise BenchError(f"trainer.device_index={index}: this machine has {there} {what}, from 0")


def _gpu_count() -> int:
    import torch  # takes seconds, and only a sweep on GPUs needs to ask it

    if torch.backends.mps.is_available():
        return 1
    return torch.cuda.device_count()


def _refuse_unwritable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=folder, prefix=".writable.")
    except OSError as error:
        raise BenchError(
            f"{folder}: cannot be written ({error.strerror}); name another with "
            "paths.outputs=FOLDER"
        ) from None
    os.close(descriptor)
    Path(name).unlink()
