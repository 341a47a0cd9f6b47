"""What can be known to be wrong with a sweep before anything of it is trained."""

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fmnist_bench.config.values import check_values
from fmnist_bench.errors import BenchError
from fmnist_bench.files import atomic_write
from fmnist_bench.jobs.process import Processes
from fmnist_bench.jobs.worker import quieten_lightning
from fmnist_bench.records.environment import cores
from fmnist_bench.records.spec import Spec

_CONFIGS, _ANSWER = "configs.json", "answer.json"
_MOST = 200
"""Models that are built to see whether they can be; more differ in numbers alone."""


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


def refuse_unfit(specs: Sequence[Spec], started: Processes, *, here: bool) -> None:
    """Refuse jobs that cannot run; with `here`, on the devices of this machine.

    Raises:
        BenchError: a value is wrong, a target does not exist or takes other arguments, parts do
            not fit each other, there are fewer devices, or the outputs folder cannot be
            written.
    """
    for spec in specs:
        check_values(spec.config)
        if here:
            _refuse_missing_devices(spec.config["trainer"])
    distinct = {json.dumps(_parts(spec.config), sort_keys=True): spec.config for spec in specs}
    configs = list(distinct.values())[:_MOST]
    _build(configs if here else [_elsewhere(config) for config in configs], started)
    for folder in {spec.folder.parent for spec in specs}:
        _refuse_unwritable(folder)


def _parts(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is built, without the seed."""
    data = {key: value for key, value in config["data"].items() if key != "seed"}
    names = ("model", "callbacks", "trainer", "logger", "speed", "matmul_precision")
    return {name: config.get(name) for name in (*names, "parent")} | {"data": data}


def _build(configs: Sequence[dict[str, Any]], started: Processes) -> None:
    """Build each of `configs` in a process that has torch; raise what the first one says."""
    if not configs:
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / _CONFIGS).write_text(json.dumps(configs))
        with started.started(configs[0] | _ONE_PROCESS, folder, __name__) as job:
            while job.wait(0.5) is None:
                pass
        answer = folder / _ANSWER
        if not answer.exists():
            raise BenchError("the process that checks the sweep ended without a word")
        error = json.loads(answer.read_bytes())
    if error is not None:
        raise BenchError(error)


def _elsewhere(config: dict[str, Any]) -> dict[str, Any]:
    """Return `config` as this machine can build it, for a run on another."""
    here = {"accelerator": "cpu", "devices": 1, "num_nodes": 1, "strategy": "auto"}
    return config | {"trainer": config["trainer"] | here}


_ONE_PROCESS: dict[str, Any] = {"trainer": {"accelerator": "cpu", "devices": 1}}


def main(folder: Path, life: int | None = None) -> int:
    """Build what the configs in `folder` describe, and write there what is wrong, or null."""
    from fmnist_bench.tracking.live import build_loggers  # imports torch
    from fmnist_bench.training.trial import try_out

    quieten_lightning()
    error: str | None = None
    try:
        configs = json.loads((folder / _CONFIGS).read_bytes())
        for config in configs:
            build_loggers(config)
        try_out(configs, folder)
    except BenchError as wrong:
        error = str(wrong)
    except Exception as wrong:  # whatever a class of the user's own raises
        error = f"{type(wrong).__name__}: {' '.join(str(wrong).split())}"
    with atomic_write(folder / _ANSWER) as file:
        file.write(json.dumps(error).encode())
    return 0


def _refuse_missing_devices(trainer: Mapping[str, Any]) -> None:
    accelerator, devices = trainer["accelerator"], trainer["devices"]
    if accelerator == "cpu":
        there, what = cores(), "cores"
    elif accelerator in ("gpu", "cuda"):
        there, what = _gpu_count(), "GPUs"
    else:
        return  # whatever else Lightning knows, it checks itself
    if isinstance(devices, list):
        if accelerator != "cpu" and any(index >= there for index in devices):
            raise BenchError(f"trainer.devices={devices}: this machine has {there} {what}, from 0")
        return
    if isinstance(devices, int) and (devices < 1 and devices != -1):
        raise BenchError(f"trainer.devices={devices}: expected at least 1, or -1 for all")
    if isinstance(devices, int) and devices > there:
        raise BenchError(
            f"trainer.devices={devices} with trainer.accelerator={accelerator}: "
            f"this machine has {there} {what}"
        )


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


if __name__ == "__main__":
    import sys

    sys.exit(main(Path(sys.argv[1])))
