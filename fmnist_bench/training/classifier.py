"""The LightningModule around any net: loss, metrics, optimizer. One for all models."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer
from torchmetrics import MeanMetric, Metric

from fmnist_bench.data.batches import Batch
from fmnist_bench.streams import generator
from fmnist_bench.training.cost import training_macs
from fmnist_bench.training.curves import images_in
from fmnist_bench.training.mixing import Mixing
from fmnist_bench.training.parameter_groups import grouped_optimizer


class Schedule(Protocol):
    """Builds a learning-rate schedule, in the form Lightning takes it."""

    def __call__(
        self, optimizer: Optimizer, *, steps_per_epoch: int, epochs: int
    ) -> Mapping[str, Any]: ...


class Classifier(pl.LightningModule):
    """Trains `net`, which maps (B, 1, 28, 28) float images to (B, classes) logits.

    Logs once per epoch: train/loss, train/accuracy, val/loss, val/accuracy (losses in nats
    per image), and val/NAME of each of `metrics`. train/loss is what is minimised, val/loss
    the cross-entropy of the scores. Under mixing, train/accuracy is the share of mixed images
    whose predicted class is the one that has the larger part of the target; what is left of the
    other class makes it lower than without.

    A model that trains differently derives from this and overrides `loss_of`, or brings a
    LightningModule of its own (training/contract.py).
    """

    def __init__(
        self,
        net: nn.Module,
        *,
        init: Callable[[nn.Module], Any] | None,
        loss: Callable[[Tensor, Tensor], Tensor],
        optimizer: Callable[[Iterable[dict[str, Any]]], Optimizer],
        schedule: Schedule,
        decay_norm_and_bias: bool,
        metrics: Mapping[str, Metric],
        mixing: Mixing | None = None,
        parameter_groups: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Take the net and partial functions that make its optimizer and schedule.

        `loss` maps scores (B, classes) and targets, which are labels (B,) int64 or, under
        mixing, probabilities (B, classes), to a scalar. `metrics` are updated with scores
        and labels of validation images. What `mixing` draws in an epoch is a function of that
        epoch and of the seed that torch's generator has now, from which the net's weights were
        drawn too. `parameter_groups` are rules that give some parameters other options of the
        optimizer (training/parameter_groups.py).
        """
        super().__init__()
        if init is not None:
            init(net)
        self.net, self.loss = net, loss
        rules = partial(grouped_optimizer, rules=parameter_groups)
        self.optimizer_of = partial(rules, optimizer, decay_norm_and_bias=decay_norm_and_bias)
        self._schedule = schedule
        self._mixing, self._mixing_seed = mixing, torch.initial_seed()
        self._drawn: Tensor | None = None  # what mixing drew for each image of the epoch
        self._validation_hits = MeanMetric(nan_strategy="disable")
        self._validation_loss = MeanMetric(nan_strategy="disable")
        self._metrics = nn.ModuleDict(dict(metrics))
        # Of each step of the epoch: its loss, and which images it got right. Plain tensors, since
        # a metric object's update costs as much as an MLP's whole step; summed at the epoch's end.
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

    def loss_of(self, images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Return the loss, a scalar, and the scores (B, classes) of training images.

        `targets` are labels (B,) int64 or, under mixing, probabilities (B, classes).
        """
        scores = self.net(images)
        return self.loss(scores, targets), scores

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        images, labels = batch
        targets = labels
        if self._mixing is not None:
            images, targets = self._mixed(self._mixing, batch, batch_idx)
            labels = targets.argmax(1)
        loss, scores = self.loss_of(images, targets)
        self.note(loss, scores, labels)
        return loss

    def note(self, loss: Tensor, scores: Tensor, labels: Tensor) -> None:
        """Keep for train/loss and train/accuracy what a step on `labels` (B,) came to."""
        self._losses.append(loss.detach())
        self._hits.append(scores.argmax(1) == labels)

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        images, labels = batch
        scores = self(images).float()
        # One loss per image: torchmetrics 1.9 drops the weights when NaN handling is off.
        self._validation_loss.update(F.cross_entropy(scores, labels, reduction="none"))
        self._validation_hits.update((scores.argmax(1) == labels).float())
        for metric in self._metrics.values():
            metric.update(scores, labels)  # type: ignore[operator]  # a torchmetrics Metric

    def on_train_epoch_start(self) -> None:
        self._losses, self._hits = [], []
        if self._mixing is not None:
            count = images_in(self.trainer, int(self.trainer.num_training_batches))
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
        measured = {"loss": self._validation_loss, "accuracy": self._validation_hits}
        for name, metric in (measured | dict(self._metrics.items())).items():
            self.log(f"val/{name}", metric.compute())  # type: ignore[operator]
            metric.reset()  # type: ignore[operator]

    def configure_optimizers(self) -> Any:
        """Return optimizer and schedule; biases and norm weights are decayed only if asked."""
        epochs = self.trainer.max_epochs or 1
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
        """Clip the norm of the whole gradient, or its values, where the run asks for it.

        Lightning refuses to under mixed precision with a fused optimizer, as that unscales
        gradients only in its step. Without a scaler, as with bf16, there is nothing to unscale.
        """
        if not gradient_clip_val:
            return
        if getattr(self.trainer.precision_plugin, "scaler", None) is not None:
            self.clip_gradients(optimizer, gradient_clip_val, gradient_clip_algorithm)
            return
        parameters = [each for group in optimizer.param_groups for each in group["params"]]
        by_value = gradient_clip_algorithm == "value"
        clip = nn.utils.clip_grad_value_ if by_value else nn.utils.clip_grad_norm_
        clip(parameters, gradient_clip_val)

    def make_optimizer(self) -> Optimizer:
        """Return an optimizer of the net's parameters, ready to train."""
        return self.optimizer_of(self.net)

    def training_macs(self, image_shape: Sequence[int]) -> int:
        """Return the multiply-accumulates of training on one image of (C, H, W)."""
        return training_macs(self.net, image_shape)

    def make_schedule(
        self, optimizer: Optimizer, steps_per_epoch: int, epochs: int
    ) -> Mapping[str, Any]:
        """Return the schedule of `optimizer`, in the form Lightning takes it."""
        return self._schedule(optimizer, steps_per_epoch=steps_per_epoch, epochs=epochs)

    def _mixed(self, mixing: Mixing, batch: Batch, batch_idx: int) -> tuple[Tensor, Tensor]:
        images, labels = batch
        assert self._drawn is not None
        start = images_in(self.trainer, batch_idx) + self.trainer.global_rank * len(labels)
        # Not F.one_hot, which reads the labels on the host.
        classes = len(self.trainer.datamodule.class_names)  # type: ignore[attr-defined]
        targets = (labels[:, None] == torch.arange(classes, device=labels.device)).float()
        return mixing.apply(images, targets, self._drawn[start : start + len(labels)])
