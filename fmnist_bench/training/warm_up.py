"""Steps before the clock of a timed run starts: they compile and tune, and teach nothing."""

import copy

import torch
import torch.nn.functional as F
from pytorch_lightning import LightningModule
from pytorch_lightning.plugins import Precision
from torch import nn

from fmnist_bench.data.datamodule import ImageDataModule
from fmnist_bench.training.classifier import Classifier


def warm_up(
    model: LightningModule,
    net: nn.Module,
    data: ImageDataModule,
    *,
    steps: int,
    eval_batch_size: int,
    device: torch.device,
    precision: Precision,
) -> None:
    """Train `net`, that of `model`, for `steps` batches of noise, and score a batch.

    What that changed is undone: weights, buffers and modes are as before, and the
    optimizer that stepped is thrown away.
    """
    net.to(device)
    before = copy.deepcopy(net.state_dict())
    optimizer = model.make_optimizer() if isinstance(model, Classifier) else None
    net.train()
    images = torch.empty(0)
    for images, labels in data.noise_batches(steps, device):
        with precision.train_step_context():
            loss = F.cross_entropy(net(images), labels)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        if optimizer is not None:
            optimizer.step()
        net.zero_grad()
    net.eval()
    picture = images[:1].expand(eval_batch_size, -1, -1, -1).contiguous()
    with torch.inference_mode(), precision.val_step_context():
        net(picture)
    net.train()
    net.load_state_dict(before)
