"""What a job's process needs in its environment before it starts: it binds at exec."""

import os
from collections.abc import Mapping
from typing import Any

from fmnist_bench.config.values import processes, spans_nodes
from fmnist_bench.records.environment import CORES_VARIABLE, cores

# A variable that one job leaves behind, or that a launcher set for this process, must not
# make the next job believe it is a rank of something. Of a job on several nodes it is a rank:
# torchrun, Slurm or the user has started this process on each of them.
_RANK_VARIABLES = ("LOCAL_RANK", "NODE_RANK", "GROUP_RANK", "RANK", "WORLD_SIZE")
_RANK_PREFIXES = ("MASTER_", "PL_", "SLURM_", "SUBMITIT_", "TORCHELASTIC_")

SPIN_COUNT = "40000"
"""Turns that a waiting thread of GNU OpenMP makes before it sleeps, some tenths of a millisecond.

Images/s of the two-layer CNN and of MobileNetV2 on two cores, quiet and with one core taken:
10,000 turns 5,400, 444 and 1,931, 85; 40,000 turns 6,000, 470 and 1,211, 73; 160,000 turns
6,200, 474 and 595, 46. With none, small nets train at two thirds of their speed.
"""

KEPT_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(4 << 30), "MALLOC_TRIM_THRESHOLD_": str(16 << 30)}
"""Makes glibc's malloc keep what is freed (mallopt(3)) instead of giving it back to the system.

A training step frees and takes the same blocks again and again; each time the system has to
hand over zeroed pages, which took a tenth (two-layer CNN) of a step's time on two cores.
"""

HUGE_PAGES = "glibc.malloc.hugetlb=1"
"""Makes malloc ask for pages of 2 MiB (GLIBC_TUNABLES, glibc 2.35 on) where Linux waits for that.

Worth 3 % to the MLP and 5 % to the two-layer CNN on two cores, nothing to MobileNetV2.
"""


def job_environment(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the environment for a process that runs `config`; the user's own settings go first."""
    kept = dict(os.environ)
    if not spans_nodes(config):
        for name in os.environ:
            if name in _RANK_VARIABLES or name.startswith(_RANK_PREFIXES):
                del kept[name]
    # OpenMP threads that spin while they wait slow a run down many times over as soon as
    # anything else wants one of its cores; without any spinning, small nets train at half
    # their speed on a quiet machine.
    if "OMP_WAIT_POLICY" not in kept:
        kept["OMP_WAIT_POLICY"] = "passive"
        kept.setdefault("GOMP_SPINCOUNT", SPIN_COUNT)
    if not any(name.startswith("MALLOC_") for name in kept):
        kept |= KEPT_MEMORY
    kept.setdefault("GLIBC_TUNABLES", HUGE_PAGES)
    # numpy's threads would keep the server from forking; nothing that takes time is numpy's.
    kept.setdefault("OPENBLAS_NUM_THREADS", "1")
    if config["trainer"]["accelerator"] == "cpu":
        # Adam asks for a GPU in each of its steps. Unless one is in use or they are hidden, torch
        # looks for NVIDIA's library on the disk each time: 7 % of an MLP's step.
        kept.setdefault("CUDA_VISIBLE_DEVICES", "")
        if processes(config) > 1:
            kept[CORES_VARIABLE] = str(max(1, cores() // processes(config)))
    return kept
