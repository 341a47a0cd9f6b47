"""Going on from a finished run: its weights, or all that it ended with."""

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback
from safetensors import SafetensorError
from safetensors.torch import load
from torch import nn

from fmnist_bench.errors import BenchError
from fmnist_bench.training.checkpoints import BEST_FILE, FINAL_FILE
from fmnist_bench.training.weights import FILE_NAME as WEIGHTS_FILE

EVERYTHING, WEIGHTS = "everything", "weights"
"""What a run takes over (`parent.takes`): also optimizer, schedule and epochs, or weights alone."""

_ENDLESS = ("constant", "step_at", "exponential", "inverse_time", "plateau")


def endless(config: Mapping[str, Any]) -> bool:
    """Whether the schedule of `config` is the same however many epochs follow."""
    target = str((config["model"].get("schedule") or {}).get("_target_"))
    return target.rpartition(".")[2] in _ENDLESS


class StartFrom(Callback):
    """Puts the weights of the run in `parent.folder` into the net before its first step.

    In the `setup` hook, so that what a checkpoint holds replaces it when a run resumes.
    """

    def __init__(self, parent: Mapping[str, Any]) -> None:
        self._parent = parent

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        if stage == "fit":
            take_weights(pl_module, self._parent)


def take_weights(model: pl.LightningModule, parent: Mapping[str, Any]) -> None:
    """Fill the net of `model` with the weights that the run of `parent` was scored with.

    Raises:
        BenchError: they are gone or are others now, or belong to another net.
    """
    path = _file(parent, WEIGHTS_FILE)
    net = model.net
    assert isinstance(net, nn.Module), "checked before"
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != parent["weights"]:
        raise BenchError(f"{path}: not the weights that from= named; train that run again")
    try:
        net.load_state_dict(load(content))
    except (RuntimeError, SafetensorError) as error:
        told = " ".join(str(error).split())[:160]
        raise BenchError(f"from={path.parent.name}: a run with another net ({told})") from None


def checkpoint_of(parent: Mapping[str, Any] | None, folder: Path) -> Path | None:
    """Return the checkpoint that a new run in `folder` goes on from, None for a fresh start.

    Raises:
        BenchError: it is gone.
    """
    if parent is None or parent["takes"] != EVERYTHING:
        return None
    path = _file(parent, FINAL_FILE)
    best = path.with_name(BEST_FILE)
    if best.exists():
        shutil.copyfile(best, folder / BEST_FILE)
    return path


def _file(parent: Mapping[str, Any], name: str) -> Path:
    if parent.get("folder") is None:
        raise BenchError("parent.folder: not known here; go on with train from=RUN")
    path = Path(parent["folder"]) / name
    if not path.exists():
        raise BenchError(f"{path}: not there any more; train that run again, with --force")
    return path
