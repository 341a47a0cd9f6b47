"""The file that keeps the weights that a run was scored with."""

from pathlib import Path

from safetensors.torch import save
from torch import nn

from fmnist_bench.files import atomic_write

FILE_NAME = "weights.safetensors"


def save_weights(folder: Path, net: nn.Module) -> None:
    """Write the net's parameters and buffers into `folder` as safetensors."""
    tensors = {name: value.cpu().contiguous() for name, value in net.state_dict().items()}
    with atomic_write(folder / FILE_NAME) as file:
        file.write(save(tensors))
