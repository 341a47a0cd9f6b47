"""What a run needs of a LightningModule, whoever wrote it."""

from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from fmnist_bench.errors import BenchError

LOGGED = ("val/accuracy", "val/loss")


def check_model(model: Any, target: str) -> pl.LightningModule:
    """Return `model`, which `target` made, if it keeps the contract.

    - It is a LightningModule with an nn.Module `net`: what is counted, compiled and saved.
    - `forward(images)` maps (B, C, H, W) to scores (B, classes): their argmax is the
      prediction, their softmax the probabilities.
    - `training_step` takes (images, labels); under manual optimisation it may return nothing.
    - With validation images, `validation_step` logs val/accuracy and val/loss once an epoch.
    - `configure_optimizers` as Lightning wants it.

    Raises:
        BenchError: it does not.
    """
    if not isinstance(model, pl.LightningModule):
        raise BenchError(f"model._target_: {target} makes no LightningModule; derive from one")
    if not isinstance(getattr(model, "net", None), nn.Module):
        raise BenchError(f"model._target_: {target} has no nn.Module under the name `net`; add it")
    for hook in ("forward", "training_step", "configure_optimizers"):
        if getattr(type(model), hook) is getattr(pl.LightningModule, hook):
            raise BenchError(f"model._target_: {target} does not define {hook}; add it")
    return model


def check_scores(model: pl.LightningModule, image: Tensor, classes: int) -> None:
    """Classify one image (1, C, H, W), and see that there is a score for each class.

    Raises:
        BenchError: the net takes no such image, or answers with other scores.
    """
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            scores = model(image)
    except (RuntimeError, ValueError, IndexError, TypeError) as error:
        told = str(error).strip().splitlines()[0][:160]
        raise BenchError(
            f"model.net: takes no images of {list(image.shape[1:])} ({told}); "
            "choose a net for these data"
        ) from None
    finally:
        for module, training in modes:
            module.training = training
    if not isinstance(scores, Tensor) or scores.shape != (1, classes):
        found = list(scores.shape) if isinstance(scores, Tensor) else type(scores).__name__
        raise BenchError(
            f"model: answers an image with {found}, expected scores [1, {classes}] for the "
            f"{classes} classes of the data; set model.net.num_classes={classes}"
        )


def check_logged(trainer: pl.Trainer) -> None:
    """See that a validated epoch has what the best one is chosen by.

    Raises:
        BenchError: the module did not log it.
    """
    missing = [name for name in LOGGED if name not in trainer.callback_metrics]
    if missing:
        raise BenchError(
            f"model: logs no {' and no '.join(missing)} when it validates; "
            "self.log it in validation_step"
        )
