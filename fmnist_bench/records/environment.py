"""What a run ran on: processor, memory, versions, commit. Imports no torch."""

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

from fmnist_bench.errors import BenchError
from fmnist_bench.records.source import source_digest

CORES_VARIABLE = "FMNIST_BENCH_CORES"
"""Environment variable with a process's share of the cores, where several jobs run at once."""

_PACKAGES = (
    "fmnist-bench",
    "torch",
    "torchvision",
    "pytorch-lightning",
    "hydra-core",
    "timm",
    "torchmetrics",
    "numpy",
    "scikit-learn",
    "scikit-image",
    "xgboost-cpu",
)


def hardware() -> dict[str, Any]:
    """Describe this machine, in the fields of a record's `machine` of these names."""
    return {
        "cpu": _cpu_name(),
        "cores": _usable_cores(),
        "memory_bytes": psutil.virtual_memory().total,
        "system": f"{platform.system()} {platform.machine()}",
    }


def cores() -> int:
    """Return how many cores this process should use: its share, if it was given one.

    Raises:
        BenchError: the environment's FMNIST_BENCH_CORES is not a positive number.
    """
    share = os.environ.get(CORES_VARIABLE)
    if share is None:
        return _usable_cores()
    if not share.isdecimal() or int(share) < 1:
        raise BenchError(f"{CORES_VARIABLE}={share}: expected a number of cores; unset or mend it")
    return int(share)


def is_first_process() -> bool:
    """Whether this is the process of a run that keeps its record.

    It is the only one, or the first of those that Lightning, torchrun or Slurm have started;
    they say so in the environment.
    """
    if "RANK" in os.environ:
        return os.environ["RANK"] == "0"
    if "SLURM_NTASKS" in os.environ:
        return os.environ.get("SLURM_PROCID", "0") == "0"
    ranks = (os.environ.get(name, "0") for name in ("NODE_RANK", "GROUP_RANK", "LOCAL_RANK"))
    return all(rank == "0" for rank in ranks)


def _usable_cores() -> int:
    # macOS cannot tell which cores a process is bound to.
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that decide a run's numbers."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def code(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return commit, cleanness and source digest of the code that `config` runs, as now."""
    here = Path(__file__).resolve().parent
    commit = _git(here, "rev-parse", "HEAD")
    if commit is None or _git(here, "ls-files", "--error-unmatch", Path(__file__).name) is None:
        commit, status = None, None
    else:
        status = _git(here, "status", "--porcelain")
    return {
        "commit": commit,
        "clean": None if status is None else status == "",
        "source": source_digest(config),
    }


def _git(folder: Path, *arguments: str) -> str | None:
    command = ["git", "-C", str(folder), *arguments]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None


def _cpu_name() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return " ".join(line.split(":", 1)[1].split())
    if platform.system() == "Darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return platform.processor() or platform.machine()
