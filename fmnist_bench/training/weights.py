"""The file that keeps the weights that a run was scored with."""

import hashlib
from pathlib import Path

from safetensors.torch import save
from torch import nn

from fmnist_bench.files import atomic_write

FILE_NAME = "weights.safetensors"


def save_weights(folder: Path, net: nn.Module) -> str | None:
    """Write the net's parameters and buffers into `folder`; return the file's SHA-256 (hex).

    Nothing is written, and None returned, of a net that has none.
    """
    tensors = {name: value.cpu().contiguous() for name, value in net.state_dict().items()}
    if not tensors:
        return None
    content = save(tensors)
    with atomic_write(folder / FILE_NAME) as file:
        file.write(content)
    return hashlib.sha256(content).hexdigest()
