"""Which conf/trainer fits this machine, found out without importing torch."""

import shutil
import subprocess
from pathlib import Path


def trainer_for_this_machine() -> str:
    """Return gpu with an NVIDIA GPU, cpu_amx on a CPU with bf16 matrix units, else cpu."""
    if _has_nvidia_gpu():
        return "gpu"
    return "cpu_amx" if _has_amx() else "cpu"


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


def _has_amx() -> bool:
    cpuinfo = Path("/proc/cpuinfo")
    return cpuinfo.exists() and " amx_bf16 " in cpuinfo.read_text()
