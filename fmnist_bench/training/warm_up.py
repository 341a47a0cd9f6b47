"""Steps before the clock of a timed run starts: they compile and tune, and teach nothing."""

import copy
from collections.abc import Mapping
from typing import Any

import pytorch_lightning as pl
import torch

from fmnist_bench.errors import BenchError
from fmnist_bench.training.classifier import Classifier


def warm_up(
    model: pl.LightningModule, data: Any, config: Mapping[str, Any], trainer: pl.Trainer
) -> None:
    """Train `model` for `warm_up_steps` batches of noise, and score a batch.

    What that changed is undone: weights, buffers and modes are as before, and the
    optimizer that stepped is thrown away.

    Raises:
        BenchError: the model's loss or the data's noise cannot be had.
    """
    if not isinstance(model, Classifier) or not hasattr(data, "noise_batches"):
        raise BenchError(
            "warm_up_steps: wants a model derived from fmnist_bench.training.classifier.Classifier "
            "and the suite's ImageDataModule; set it to null"
        )
    device, precision = trainer.strategy.root_device, trainer.precision_plugin
    model.to(device)
    before = copy.deepcopy(model.state_dict())
    optimizer = model.make_optimizer()
    model.train()
    images = torch.empty(0)
    for images, labels in data.noise_batches(config["warm_up_steps"], device):
        with precision.train_step_context():
            loss, _ = model.loss_of(images, labels)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        optimizer.step()
        model.zero_grad()
    model.eval()
    picture = images[:1].expand(config["data"]["eval_batch_size"], -1, -1, -1).contiguous()
    with torch.inference_mode(), precision.val_step_context():
        model(picture)
    model.train()
    model.load_state_dict(before)
