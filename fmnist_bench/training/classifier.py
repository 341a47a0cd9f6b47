"""The LightningModule around any net: loss, metrics, optimizer. One for all models."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer
from torchmetrics import MeanMetric
from torchmetrics.classification import MulticlassAccuracy

from fmnist_bench.data.batches import Batch


class Schedule(Protocol):
    """Builds a learning-rate schedule, in the form Lightning takes it."""

    def __call__(
        self, optimizer: Optimizer, *, steps_per_epoch: int, epochs: int
    ) -> Mapping[str, Any]: ...


class Classifier(pl.LightningModule):
    """Trains `net`, which maps (B, 1, 28, 28) float images to (B, classes) logits.

    Logs once per epoch: train/loss, train/accuracy, val/loss, val/accuracy (losses in nats
    per image). train/loss includes label smoothing, val/loss does not.

    A model that trains differently brings a LightningModule of its own; what a run needs of
    it is `net`, `forward`, these four logged names, and the two optional attributes
    `optimizer` and `schedule` in its config.
    """

    def __init__(
        self,
        net: nn.Module,
        *,
        init: Callable[[nn.Module], None] | None,
        optimizer: Callable[[Iterable[dict[str, Any]]], Optimizer],
        schedule: Schedule,
        label_smoothing: float,
        decay_norm_and_bias: bool,
    ) -> None:
        """Take the net and partial functions that make its optimizer and schedule."""
        super().__init__()
        if init is not None:
            init(net)
        self.net = net
        self._optimizer, self._schedule = optimizer, schedule
        self._label_smoothing = label_smoothing
        self._decay_norm_and_bias = decay_norm_and_bias
        classes = 10
        self._validation_accuracy = MulticlassAccuracy(
            classes, average="micro", validate_args=False
        )
        self._validation_loss = MeanMetric(nan_strategy="disable")
        # Sums of one epoch: loss, correct, images. Plain tensors, because a metric object's
        # update costs as much as an MLP's whole step and `self.log` in a step even more.
        self._train_sums: Tensor | None = None

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (B, classes) for images (B, 1, 28, 28)."""
        logits: Tensor = self.net(images)
        return logits

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        images, labels = batch
        logits = self.net(images)
        loss = F.cross_entropy(logits, labels, label_smoothing=self._label_smoothing)
        with torch.no_grad():
            self._count(loss, logits, labels)
        return loss

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        images, labels = batch
        logits = self.net(images).float()
        # One loss per image: torchmetrics 1.9 drops the weights when NaN handling is off.
        self._validation_loss.update(F.cross_entropy(logits, labels, reduction="none"))
        self._validation_accuracy.update(logits, labels)

    def on_train_epoch_start(self) -> None:
        self._train_sums = torch.zeros(3, dtype=torch.float64, device=self.device)

    def on_train_epoch_end(self) -> None:
        assert self._train_sums is not None
        loss, correct, images = self.trainer.strategy.reduce(self._train_sums, reduce_op="sum")
        self.log("train/loss", (loss / images).float())
        self.log("train/accuracy", (correct / images).float())

    def on_validation_epoch_end(self) -> None:
        self.log("val/loss", self._validation_loss.compute())
        self.log("val/accuracy", self._validation_accuracy.compute())
        self._validation_loss.reset()
        self._validation_accuracy.reset()

    def configure_optimizers(self) -> Any:
        """Return optimizer and schedule; biases and norm weights are decayed only if asked."""
        epochs = self.trainer.max_epochs
        assert epochs is not None
        steps = int(self.trainer.estimated_stepping_batches) // epochs
        optimizer = self.make_optimizer()
        schedule = self.make_schedule(optimizer, steps, epochs)
        return {"optimizer": optimizer, "lr_scheduler": schedule}

    def make_optimizer(self) -> Optimizer:
        """Return an optimizer of the net's parameters."""
        groups = parameter_groups(self.net, decay_norm_and_bias=self._decay_norm_and_bias)
        return self._optimizer(groups)

    def make_schedule(
        self, optimizer: Optimizer, steps_per_epoch: int, epochs: int
    ) -> Mapping[str, Any]:
        """Return the schedule of `optimizer`, in the form Lightning takes it."""
        return self._schedule(optimizer, steps_per_epoch=steps_per_epoch, epochs=epochs)

    def _count(self, loss: Tensor, logits: Tensor, labels: Tensor) -> None:
        assert self._train_sums is not None
        correct = (logits.argmax(1) == labels).sum()
        images = torch.full_like(loss, len(labels))
        self._train_sums += torch.stack((loss * len(labels), correct, images))


def parameter_groups(net: nn.Module, *, decay_norm_and_bias: bool) -> list[dict[str, Any]]:
    """Return one or two groups of `net`'s trainable parameters.

    Unless `decay_norm_and_bias`, parameters of fewer than two dimensions (biases, the
    scales of norm layers) get a group of their own without weight decay.
    """
    parameters = [parameter for parameter in net.parameters() if parameter.requires_grad]
    if decay_norm_and_bias:
        return [{"params": parameters}]
    decayed = [parameter for parameter in parameters if parameter.ndim >= 2]
    others = [parameter for parameter in parameters if parameter.ndim < 2]
    groups: list[dict[str, Any]] = [{"params": decayed}, {"params": others, "weight_decay": 0.0}]
    return [group for group in groups if group["params"]]
