"""The processor that trained, and how much memory it took."""

import resource
import sys

import torch


def device_name(device: torch.device) -> str | None:
    """Return the name of a GPU, None for a CPU."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else None


def peak_memory(device: torch.device) -> int:
    """Return bytes: the allocator's peak on a GPU, the process's resident peak on a CPU."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
