"""Builds the Lightning Trainer that a config describes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytorch_lightning as pl
from lightning_fabric.utilities.exceptions import MisconfigurationException
from omegaconf import DictConfig
from pytorch_lightning.callbacks import Callback, EarlyStopping
from pytorch_lightning.callbacks.weight_averaging import EMAWeightAveraging

from fmnist_bench.errors import BenchError
from fmnist_bench.training.checkpoints import BestEpoch, ResumePoint, WholeFiles
from fmnist_bench.training.clock import Clock
from fmnist_bench.training.curves import Curves
from fmnist_bench.training.from_data import InitialiseFromData
from fmnist_bench.training.guards import DivergenceGuard, EpochStreams
from fmnist_bench.training.overhead import NoProfiler, without_empty_hooks
from fmnist_bench.training.progress import Progress
from fmnist_bench.training.ranks import SameConfig


@dataclass(frozen=True)
class Training:
    """A Trainer with the callbacks that the record is filled from."""

    trainer: pl.Trainer
    curves: Curves
    clock: Clock
    best: BestEpoch | None


def build_training(
    config: DictConfig,
    *,
    folder: Path,
    identity: str,
    watchers: Sequence[Callback],
) -> Training:
    """Build the Trainer for `config`.

    Checkpoints go into `folder`; `identity` is what all ranks must agree on; `watchers` are
    callbacks of whoever ordered the run.

    Raises:
        BenchError: early stopping or the best epoch is asked for without validation
            images, or a device that is not there.
    """
    _refuse_contradictions(config)
    curves = Curves()
    best = BestEpoch(folder) if config.protocol.weights == "best" else None
    clock = Clock()
    callbacks: list[Callback] = [
        clock,
        InitialiseFromData(),
        SameConfig(identity),
        EpochStreams(config.seed),
        DivergenceGuard(),
        ResumePoint(folder),
        *([best] if best else []),  # before what swaps the weights back
        *_averaging(config),
        *_early_stopping(config),
        *watchers,
        curves,
        Progress(bar=config.trainer.progress_bar),
    ]
    index = config.trainer.device_index
    try:
        trainer = pl.Trainer(
            accelerator=config.trainer.accelerator,
            devices=config.trainer.devices if index is None else [index],
            strategy=config.trainer.strategy,
            precision=config.precision,
            deterministic=config.trainer.deterministic,
            max_epochs=config.epochs,
            gradient_clip_val=config.grad_clip,
            limit_train_batches=config.trainer.limit_batches,
            limit_val_batches=0
            if config.protocol.split == "none"
            else config.trainer.limit_batches,
            callbacks=without_empty_hooks(callbacks),
            plugins=[WholeFiles()],
            profiler=NoProfiler(),
            logger=False,  # trackers follow the run as callbacks
            default_root_dir=folder,
            enable_checkpointing=True,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            use_distributed_sampler=False,
        )
    except (ValueError, RuntimeError, MisconfigurationException) as error:
        raise BenchError(f"trainer: {' '.join(str(error).split())}") from None
    return Training(trainer, curves, clock, best)


def _averaging(config: DictConfig) -> list[Callback]:
    if config.ema is None:
        return []
    return [
        EMAWeightAveraging(
            decay=config.ema.decay,
            update_every_n_steps=config.ema.every_n_steps,
            update_starting_at_step=config.ema.start_step,
        )
    ]


def _early_stopping(config: DictConfig) -> list[Callback]:
    if config.early_stopping is None:
        return []
    monitor = config.early_stopping.monitor
    return [
        EarlyStopping(
            monitor=monitor,
            mode="min" if monitor == "val/loss" else "max",
            patience=config.early_stopping.patience,
            min_delta=config.early_stopping.min_delta,
        )
    ]


def _refuse_contradictions(config: DictConfig) -> None:
    if config.protocol.weights not in ("best", "last"):
        raise BenchError(
            f"protocol.weights: {config.protocol.weights!r} is unknown; choose best or last"
        )
    if config.protocol.get("test") not in (None, "never"):
        raise BenchError(
            f"protocol.test: {config.protocol.test!r} is unknown; choose null or never"
        )
    if config.early_stopping is not None and config.early_stopping.monitor not in (
        "val/loss",
        "val/accuracy",
    ):
        raise BenchError(
            f"early_stopping.monitor: {config.early_stopping.monitor!r}; "
            "choose val/loss or val/accuracy"
        )
    if config.protocol.split != "none":
        return
    validates = {
        "protocol.weights=best": config.protocol.weights == "best",
        "early_stopping": config.early_stopping is not None,
        "schedule=plateau": "monitor" in config.schedule,
    }
    for key in (key for key, asked in validates.items() if asked):
        raise BenchError(
            f"{key} needs validation images, and protocol={config.protocol.name} has none; "
            "use protocol=select or drop it"
        )
