"""How a process and a net are set up for this machine; no part of the recipe."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from fmnist_bench.errors import BenchError
from fmnist_bench.nets.fast.replace import replace_slow_layers
from fmnist_bench.records.environment import cores
from fmnist_bench.streams import stream_seed

COMPILE_MODES = ("default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs")
"""What torch.compile takes as its mode (its documentation, torch 2.11)."""

MATMUL_PRECISIONS = ("highest", "high", "medium")
"""What torch.set_float32_matmul_precision takes (its documentation, torch 2.11)."""


def prepare_torch(config: Mapping[str, Any]) -> None:
    """Set threads and arithmetic for this process, and the seed of the weights' stream."""
    # Where gradients stay zero, momentum shrinks until 0.9 times it rounds to itself, a denormal
    # number. Adam's step over 6.4 million of them takes 34 ms on two cores, and 3 where they
    # count as zero. Threads take this from the one that starts them, so it comes first.
    torch.set_flush_denormal(True)
    torch.set_num_threads(config["speed"]["threads"] or cores())
    torch.set_float32_matmul_precision(config["matmul_precision"])
    # Under deterministic algorithms torch would fill each tensor that it allocates before use,
    # against operations that read what nobody wrote; up to a fifth of a step goes into that.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]  # torch declares it in a way that mypy does not see
    torch.manual_seed(stream_seed(config["seed"], "init"))


def check_speed(config: Mapping[str, Any]) -> None:
    """Refuse what torch does not know.

    Raises:
        BenchError: `matmul_precision`, `speed.compile` or `speed.threads` is none of its values.
    """
    precision, speed = config["matmul_precision"], config["speed"]
    if precision not in MATMUL_PRECISIONS:
        raise BenchError(
            f"matmul_precision: {precision!r} is unknown; choose {', '.join(MATMUL_PRECISIONS)}"
        )
    if not isinstance(speed["compile"], bool) and speed["compile"] not in COMPILE_MODES:
        raise BenchError(
            f"speed.compile: {speed['compile']!r} is unknown; choose true, false or one of "
            f"{', '.join(COMPILE_MODES)}"
        )
    if speed["threads"] is not None and speed["threads"] < 1:
        raise BenchError(f"speed.threads: {speed['threads']}, expected null or at least 1")


def speed_up(net: nn.Module, config: Mapping[str, Any]) -> list[str]:
    """Put `net` into the memory format of `config` and compile it if asked; in place.

    Layers with slow kernels on a CPU get faster equals; returns their names.
    """
    speed = config["speed"]
    fast = replace_slow_layers(net) if config["trainer"]["accelerator"] == "cpu" else []
    if speed["channels_last"]:
        net.to(memory_format=torch.channels_last)
    if speed["compile"]:
        # The same object, so that its state dict keeps its names. Modes that record CUDA
        # graphs (reduce-overhead, max-autotune) pay where steps are short.
        net.compile(mode=None if speed["compile"] is True else speed["compile"])
    return fast
