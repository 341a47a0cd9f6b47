"""Which conf/trainer fits this machine, found out without importing torch."""

import shutil
import subprocess
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
BF16_FLAGS = frozenset({"amx_bf16", "avx512_bf16"})
"""Flags of Linux for bf16 products: Intel's matrix units, and vectors, as on AMD since Zen 4."""


def trainer_for_this_machine() -> str:
    """Return gpu with an NVIDIA GPU, cpu_amx on a CPU that multiplies in bf16, else cpu."""
    if _has_nvidia_gpu():
        return "gpu"
    return "cpu_amx" if _has_bf16() else "cpu"


def _has_nvidia_gpu() -> bool:
    program = shutil.which("nvidia-smi")
    if program is None:
        return False
    try:
        answer = subprocess.run(
            [program, "--list-gpus"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and "GPU" in answer.stdout


def _has_bf16() -> bool:
    return CPUINFO.exists() and not BF16_FLAGS.isdisjoint(CPUINFO.read_text().split())
