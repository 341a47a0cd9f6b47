"""From a config to the objects that it describes."""

from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from omegaconf import DictConfig
from pytorch_lightning.utilities import rank_zero_only
from torch import nn

from fmnist_bench.config.build import build
from fmnist_bench.data.datamodule import ImageDataModule
from fmnist_bench.errors import BenchError
from fmnist_bench.nets.fast.replace import replace_slow_layers
from fmnist_bench.records.environment import cores
from fmnist_bench.records.spec import Spec
from fmnist_bench.streams import stream_seed
from fmnist_bench.tracking.live import Live
from fmnist_bench.tracking.mirrors import mirror

COMPILE_MODES = ("default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs")
"""What torch.compile takes as its mode (its documentation, torch 2.11)."""

MATMUL_PRECISIONS = ("highest", "high", "medium")
"""What torch.set_float32_matmul_precision takes (its documentation, torch 2.11)."""


def prepare_torch(config: DictConfig) -> None:
    """Set threads and arithmetic for this process, and the seed of the weights' stream.

    Raises:
        BenchError: `matmul_precision` is unknown.
    """
    # Where gradients stay zero, momentum shrinks until 0.9 times it rounds to itself, a denormal
    # number. Adam's step over 6.4 million of them takes 34 ms on two cores, and 3 where they
    # count as zero. Threads take this from the one that starts them, so it comes first.
    torch.set_flush_denormal(True)
    torch.set_num_threads(config.trainer.threads or cores())
    torch.set_float32_matmul_precision(_matmul_precision(config))
    # Under deterministic algorithms torch would fill each tensor that it allocates before use,
    # against operations that read what nobody wrote; up to a fifth of a step goes into that.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]  # torch declares it in a way that mypy does not see
    torch.manual_seed(stream_seed(config.seed, "init"))


def _matmul_precision(config: DictConfig) -> str:
    # Where fp32 is asked for on a GPU, its matrix products may round inputs to TF32.
    precision: str = config.matmul_precision or "high"
    if precision not in MATMUL_PRECISIONS:
        raise BenchError(
            f"matmul_precision: {precision!r} is unknown; choose {', '.join(MATMUL_PRECISIONS)}"
        )
    return precision


def build_data(config: DictConfig, folder: Path) -> ImageDataModule:
    """Build the data module of `config` over the raw idx files in `folder`.

    Raises:
        BenchError: an augmentation's config is wrong, or the data does not fit the protocol.
    """
    return ImageDataModule(
        folder,
        name=config.data.name,
        scaling=config.data.scaling,
        augmentations=build(config.augment),
        split=config.protocol.split,
        validation=config.protocol.validation,
        split_seed=config.protocol.split_seed,
        batch_size=config.batch_size,
        eval_batch_size=config.eval_batch_size,
        drop_last=config.drop_last,
        seed=config.seed,
    )


def build_model(config: DictConfig) -> pl.LightningModule:
    """Build the LightningModule of `config`.

    Raises:
        BenchError: an argument is unknown or of the wrong kind.
    """
    model: pl.LightningModule = build(config.model)
    return model


def build_trackers(config: DictConfig, spec: Spec) -> Live:
    """Build what `config.logger` asks for, to follow the run of `spec`; rank 0 alone does.

    Raises:
        BenchError: an argument is unknown, or a package is missing.
    """
    trackers: dict[str, Any] = build(config.logger)
    return Live(
        [mirror(name, tracker, spec.folder) for name, tracker in trackers.items()]
        if getattr(rank_zero_only, "rank", 0) == 0
        else []
    )


def net_of(model: pl.LightningModule) -> nn.Module:
    """Return the net of `model`: what is counted, compiled, scored and saved.

    Raises:
        BenchError: the model has none.
    """
    net = getattr(model, "net", None)
    if not isinstance(net, nn.Module):
        raise BenchError(
            f"model._target_: {type(model).__name__} has no nn.Module under the name `net`; "
            "give it one"
        )
    return net


def speed_up(net: nn.Module, config: DictConfig) -> None:
    """Put `net` into the memory format of `config` and compile it if asked; in place.

    Layers with slow kernels on a CPU get faster equals.

    Raises:
        BenchError: `compile` is neither a truth value nor a mode that torch knows.
    """
    if not isinstance(config.compile, bool) and config.compile not in COMPILE_MODES:
        raise BenchError(
            f"compile: {config.compile!r} is unknown; choose true, false or one of "
            f"{', '.join(COMPILE_MODES)}"
        )
    replace_slow_layers(net)
    if config.channels_last:
        net.to(memory_format=torch.channels_last)
    if config.compile:
        # The same object, so that its state dict keeps its names. Modes that record CUDA
        # graphs (reduce-overhead, max-autotune) pay where steps are short.
        net.compile(mode=None if config.compile is True else config.compile)
