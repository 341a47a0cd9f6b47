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
from fmnist_bench.streams import generator
from fmnist_bench.training.mixing import Mixing
from fmnist_bench.training.parameter_groups import parameter_groups

_CLASSES = 10


class Schedule(Protocol):
    """Builds a learning-rate schedule, in the form Lightning takes it."""

    def __call__(
        self, optimizer: Optimizer, *, steps_per_epoch: int, epochs: int
    ) -> Mapping[str, Any]: ...


class Classifier(pl.LightningModule):
    """Trains `net`, which maps (B, 1, 28, 28) float images to (B, classes) logits.

    Logs once per epoch: train/loss, train/accuracy, val/loss, val/accuracy (losses in nats
    per image). train/loss includes label smoothing and mixing, val/loss does not. Under mixing,
    train/accuracy is the share of mixed images whose predicted class is the one that has the
    larger part of the target; what is left of the other class makes it lower than without.

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
        mixing: Mixing | None = None,
    ) -> None:
        """Take the net and partial functions that make its optimizer and schedule.

        What `mixing` draws in an epoch is a function of that epoch and of the seed that
        torch's generator has now, from which the net's weights were drawn too.
        """
        super().__init__()
        if init is not None:
            init(net)
        self.net = net
        self._optimizer, self._schedule = optimizer, schedule
        self._label_smoothing = label_smoothing
        self._decay_norm_and_bias = decay_norm_and_bias
        self._mixing, self._mixing_seed = mixing, torch.initial_seed()
        self._drawn: Tensor | None = None  # what mixing drew for each image of the epoch
        self._validation_accuracy = MulticlassAccuracy(
            _CLASSES, average="micro", validate_args=False
        )
        self._validation_loss = MeanMetric(nan_strategy="disable")
        # Of each step of the epoch: its loss, and which images it got right. Plain tensors,
        # because a metric object's update costs as much as an MLP's whole step and `self.log`
        # in a step even more; summed at the epoch's end, because small sums cost as well.
        self._losses: list[Tensor] = []
        self._hits: list[Tensor] = []

    def __setattr__(self, name: str, value: Any) -> None:
        # Lightning notes 45 times a step which hook it is in; nn.Module would look each time
        # whether that is a parameter, which adds up to a tenth of a millisecond.
        if name == "_current_fx_name":
            self.__dict__[name] = value
        else:
            super().__setattr__(name, value)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (B, classes) for images (B, 1, 28, 28)."""
        logits: Tensor = self.net(images)
        return logits

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        images, labels = batch
        targets = labels
        if self._mixing is not None:
            images, targets = self._mixed(self._mixing, batch, batch_idx)
            labels = targets.argmax(1)
        logits = self.net(images)
        loss = F.cross_entropy(logits, targets, label_smoothing=self._label_smoothing)
        self._losses.append(loss.detach())
        self._hits.append(logits.argmax(1) == labels)
        return loss

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        images, labels = batch
        logits = self.net(images).float()
        # One loss per image: torchmetrics 1.9 drops the weights when NaN handling is off.
        self._validation_loss.update(F.cross_entropy(logits, labels, reduction="none"))
        self._validation_accuracy.update(logits, labels)

    def on_train_epoch_start(self) -> None:
        self._losses, self._hits = [], []
        if self._mixing is not None:
            count = self._images_in(int(self.trainer.num_training_batches))
            stream = generator(self._mixing_seed, "augment", self.current_epoch)
            drawn = self._mixing.draw(count, stream)
            self._drawn = drawn.to(self.device, non_blocking=True)

    def on_train_epoch_end(self) -> None:
        losses, hits = torch.stack(self._losses).double(), torch.cat(self._hits)
        sizes = torch.tensor([len(each) for each in self._hits]).to(self.device, non_blocking=True)
        sums = torch.stack(((losses * sizes).sum(), hits.sum(), sizes.sum()))
        self._losses, self._hits = [], []
        loss, correct, images = self.trainer.strategy.reduce(sums, reduce_op="sum")
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

    def configure_gradient_clipping(
        self,
        optimizer: Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clip the norm of the whole gradient, where the run asks for it.

        Lightning refuses to under mixed precision with a fused optimizer, as that unscales
        gradients only in its step. Without a scaler, as with bf16, there is nothing to unscale.
        """
        if not gradient_clip_val:
            return
        if getattr(self.trainer.precision_plugin, "scaler", None) is not None:
            self.clip_gradients(optimizer, gradient_clip_val, gradient_clip_algorithm)
            return
        groups = optimizer.param_groups
        parameters = [parameter for group in groups for parameter in group["params"]]
        nn.utils.clip_grad_norm_(parameters, gradient_clip_val)

    def make_optimizer(self) -> Optimizer:
        """Return an optimizer of the net's parameters."""
        groups = parameter_groups(self.net, decay_norm_and_bias=self._decay_norm_and_bias)
        return self._optimizer(groups)

    def make_schedule(
        self, optimizer: Optimizer, steps_per_epoch: int, epochs: int
    ) -> Mapping[str, Any]:
        """Return the schedule of `optimizer`, in the form Lightning takes it."""
        return self._schedule(optimizer, steps_per_epoch=steps_per_epoch, epochs=epochs)

    def _mixed(self, mixing: Mixing, batch: Batch, batch_idx: int) -> tuple[Tensor, Tensor]:
        images, labels = batch
        assert self._drawn is not None
        start = self._images_in(batch_idx) + self.trainer.global_rank * len(labels)
        # Not F.one_hot, which reads the labels on the host.
        targets = (labels[:, None] == torch.arange(_CLASSES, device=labels.device)).float()
        return mixing.apply(images, targets, self._drawn[start : start + len(labels)])

    def _images_in(self, steps: int) -> int:
        """Return how many images all processes together see in an epoch's first `steps`."""
        batches: Any = self.trainer.train_dataloader
        return int(batches.images_in(steps))
