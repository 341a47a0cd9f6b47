"""The weights that a run is scored with, and the file that keeps them."""

from pathlib import Path

import pytorch_lightning as pl
import torch
from safetensors.torch import save
from torch import nn

from fmnist_bench.files import atomic_write
from fmnist_bench.training.trainer import Training

FILE_NAME = "weights.safetensors"


def load_scored_weights(training: Training, model: pl.LightningModule) -> int | None:
    """Put the weights that the protocol scores into `model`; return their epoch.

    With `protocol.weights=last` the model keeps what training ended with (the average,
    where one is kept), and there is no best epoch.
    """
    if training.best is None:
        return None
    checkpoint = torch.load(training.best.best_model_path, map_location="cpu", weights_only=True)
    model.load_state_dict(checkpoint["state_dict"])
    return int(checkpoint["epoch"])


def save_weights(folder: Path, net: nn.Module) -> None:
    """Write the net's parameters and buffers into `folder` as safetensors."""
    tensors = {name: value.cpu().contiguous() for name, value in net.state_dict().items()}
    with atomic_write(folder / FILE_NAME) as file:
        file.write(save(tensors))
