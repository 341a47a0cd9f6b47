"""What conf/ asks of this machine while it is composed, found out without importing torch.

The resolvers `fastest_trainer` and `processor` are these functions.
"""

import functools
import logging
import shutil
import subprocess
from pathlib import Path

from omegaconf import OmegaConf

CPUINFO = Path("/proc/cpuinfo")
BF16_FLAGS = frozenset({"amx_bf16", "avx512_bf16"})
"""Flags of Linux for bf16 products: Intel's matrix units, and vectors, as on AMD since Zen 4."""

_ANSWER_SECONDS = 60

log = logging.getLogger(__name__)


def register() -> None:
    """Make the resolvers known to OmegaConf."""
    OmegaConf.register_new_resolver("fastest_trainer", fastest_trainer, replace=True)
    OmegaConf.register_new_resolver("processor", processor, replace=True)


def fastest_trainer() -> str:
    """Return the conf/trainer that fits this machine: gpu with an NVIDIA GPU, else cpu."""
    return "gpu" if has_nvidia_gpu() else "cpu"


def processor(accelerator: str) -> str:
    """Return the kind of processor that `accelerator` means here: cpu, cpu_bf16 or gpu."""
    if accelerator == "mps":  # nothing was measured there: fp32, not compiled
        return "cpu"
    if accelerator != "cpu":
        return "gpu"
    return "cpu_bf16" if _multiplies_in_bf16() else "cpu"


def has_nvidia_gpu() -> bool:
    return nvidia_gpus() > 0


@functools.cache
def nvidia_gpus() -> int:
    """Return how many NVIDIA GPUs this machine has."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return 0
    try:
        answer = subprocess.run(
            [program, "--list-gpus"],
            capture_output=True,
            text=True,
            timeout=_ANSWER_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        log.warning("nvidia-smi does not answer (%s), so trainer=cpu; trainer=gpu insists", error)
        return 0
    listed = answer.stdout.splitlines() if answer.returncode == 0 else []
    return sum(line.startswith("GPU") for line in listed)


@functools.cache
def _multiplies_in_bf16() -> bool:
    return CPUINFO.exists() and not BF16_FLAGS.isdisjoint(CPUINFO.read_text().split())
