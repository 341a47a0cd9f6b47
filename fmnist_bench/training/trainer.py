"""From a config to Lightning's Trainer, with the callbacks that every run has."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from lightning_fabric.utilities.exceptions import MisconfigurationException
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.loggers import Logger

from fmnist_bench.config.build import build
from fmnist_bench.errors import BenchError
from fmnist_bench.training.ancestry import StartFrom, endless
from fmnist_bench.training.checkpoints import BestEpoch, ResumePoint, WholeFiles
from fmnist_bench.training.clock import Clock
from fmnist_bench.training.curves import Curves
from fmnist_bench.training.from_data import InitialiseFromData
from fmnist_bench.training.guards import DivergenceGuard, EpochStreams
from fmnist_bench.training.optimizer_modes import OptimizerModes
from fmnist_bench.training.overhead import NoProfiler, without_empty_hooks
from fmnist_bench.training.preparation import Preparation
from fmnist_bench.training.progress import Progress
from fmnist_bench.training.ranks import SameConfig
from fmnist_bench.training.watching import HistoryLogger

OWNED = {
    "barebones": "a run needs its callbacks",
    "callbacks": "add one with callbacks.NAME._target_=CLASS",
    "default_root_dir": "a run's folder lies below paths.outputs",
    "enable_checkpointing": "a run keeps its own checkpoints",
    "fast_dev_run": "take trainer=smoke",
    "inference_mode": "scoring is the suite's",
    "logger": "choose with logger=NAME, or add one with logger.NAME._target_=CLASS",
    "max_epochs": "set epochs=N",
    "model_registry": "records are kept in paths.outputs",
    "num_sanity_val_steps": "an epoch's curves hold what was validated after it",
    "reload_dataloaders_every_n_epochs": "loaders know the epoch",
    "use_distributed_sampler": "loaders serve each process its share",
}
"""Flags of Lightning's Trainer that the suite sets itself, and what to do instead."""


@dataclass(frozen=True)
class Training:
    """A Trainer with the callbacks that the record is filled from."""

    trainer: pl.Trainer
    preparation: Preparation
    curves: Curves
    clock: Clock
    best: BestEpoch | None


def build_training(
    config: Mapping[str, Any],
    *,
    folder: Path,
    identity: str,
    watchers: Sequence[Callback] = (),
    loggers: Sequence[Logger] = (),
) -> Training:
    """Build the Trainer for `config`.

    Checkpoints go into `folder`; `identity` is what all ranks must agree on; `watchers` are
    callbacks of whoever ordered the run, `loggers` Lightning's.

    Raises:
        BenchError: a flag or callback is unknown or wrong, or a device is not there.
    """
    own = build_callbacks(config)
    preparation, curves, clock = Preparation(config), Curves(), Clock()
    best = BestEpoch(folder) if config["protocol"]["weights"] == "best" else None
    callbacks: list[Callback] = [
        preparation,
        clock,
        InitialiseFromData(),
        *([StartFrom(config["parent"])] if config.get("parent") else []),
        SameConfig(identity),
        EpochStreams(config["seed"]),
        DivergenceGuard(),
        OptimizerModes(),  # before what saves weights
        ResumePoint(folder, final=endless(config)),
        *([best] if best else []),  # before what swaps the weights back
        *own,
        *watchers,
        curves,
        Progress(bar=config["trainer"].get("enable_progress_bar", True)),
    ]
    # Monitors want a logger; without them it would only cost time in every step.
    written: list[Logger] = [*loggers, *([HistoryLogger(curves)] if own else [])]
    trainer = build_trainer(config, callbacks, written, folder)
    return Training(trainer, preparation, curves, clock, best)


def build_callbacks(config: Mapping[str, Any]) -> list[Callback]:
    """Build what `config.callbacks` names.

    Raises:
        BenchError: an argument is wrong, or it makes no callback.
    """
    made = []
    for name, node in config["callbacks"].items():
        callback = build(node, f"callbacks.{name}")
        if not isinstance(callback, Callback):
            raise BenchError(
                f"callbacks.{name}: {type(callback).__name__} is no Lightning Callback; name one "
                f"with callbacks.{name}._target_"
            )
        made.append(callback)
    return made


def build_trainer(
    config: Mapping[str, Any],
    callbacks: Iterable[Callback],
    loggers: Sequence[Logger],
    folder: Path,
) -> pl.Trainer:
    """Build the Trainer of `config.trainer`.

    Raises:
        BenchError: the suite owns a flag, Lightning does not know it, or refuses its value.
    """
    flags = dict(config["trainer"])
    for flag in OWNED:
        if flag in flags and flag != "max_epochs":
            raise BenchError(f"trainer.{flag}: set by the suite; {OWNED[flag]}")
    if config["protocol"]["split"] == "none":
        flags["limit_val_batches"] = 0
    flags["profiler"] = flags.get("profiler") or NoProfiler()
    plugins = flags.pop("plugins", None) or []
    flags |= {
        "callbacks": without_empty_hooks(callbacks),
        "logger": list(loggers) or False,
        "plugins": [*(plugins if isinstance(plugins, list) else [plugins]), WholeFiles()],
        "default_root_dir": folder,
        "enable_checkpointing": True,
        "enable_progress_bar": False,
        "enable_model_summary": flags.get("enable_model_summary", False),
        "num_sanity_val_steps": 0,
        "use_distributed_sampler": False,
    }
    try:
        trainer: pl.Trainer = build(flags, "trainer")
    except (ValueError, RuntimeError, MisconfigurationException) as error:
        raise BenchError(f"trainer: {' '.join(str(error).split())}") from None
    return trainer
