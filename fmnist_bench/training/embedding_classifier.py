"""Training vectors first, and a support vector machine on them when that is done."""

from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from fmnist_bench.data.batches import Batch
from fmnist_bench.errors import BenchError
from fmnist_bench.nets.embedding_net import EmbeddingNet
from fmnist_bench.training.classifier import Classifier
from fmnist_bench.training.linear_svm import fit_linear_svm


class EmbeddingClassifier(Classifier):
    """Trains `net.body` with a loss on its vectors; `net.readout` is fitted to what comes out.

    A linear SVM on the vectors of the training images, as training shows them, is fitted
    before each validation and when training ends. train/accuracy is the share of images
    whose vector is closest in angle to the mean of its class in the batch, itself included.
    """

    def __init__(
        self, net: EmbeddingNet, *, svm_c: float, forget_moments: bool, **parts: Any
    ) -> None:
        """Take the net, the SVM's C, and what any classifier takes.

        `forget_moments` starts the optimizer afresh in each epoch, as OpenFace does.

        Raises:
            BenchError: images are to be mixed, which belong to no one class.
        """
        if parts.get("mixing") is not None:
            raise BenchError("model.mixing: vectors are compared by class; use none")
        super().__init__(net, **parts)
        self._svm_c, self._forget_moments = svm_c, forget_moments

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        images, labels = batch
        net = self.net
        assert isinstance(net, EmbeddingNet)
        vectors = net.body(images)
        loss: Tensor = self.loss(vectors, labels)
        self.note(loss, _nearness(vectors.detach(), labels, net.readout.out_features), labels)
        return loss

    def on_train_epoch_start(self) -> None:
        super().on_train_epoch_start()
        optimizer = self.optimizers(use_pl_optimizer=False)
        if self._forget_moments and isinstance(optimizer, Optimizer):
            optimizer.state.clear()

    def on_validation_epoch_start(self) -> None:
        if not self.trainer.sanity_checking:
            self.fit_readout()

    def on_train_end(self) -> None:
        self.fit_readout()

    @torch.no_grad()
    def fit_readout(self) -> None:
        """Fit the readout to the vectors of an epoch's training images."""
        net = self.net
        assert isinstance(net, EmbeddingNet)
        mode, batches = net.training, self.trainer.train_dataloader
        assert batches is not None
        net.eval()
        seen = [(net.body(images), labels) for images, labels in batches]
        net.train(mode)
        vectors, labels = (torch.cat(parts) for parts in zip(*seen, strict=True))
        classes = net.readout.out_features
        weights = fit_linear_svm(vectors, labels, classes=classes, c=self._svm_c)
        net.readout.weight.copy_(weights[:, :-1])
        net.readout.bias.copy_(weights[:, -1])


def _nearness(vectors: Tensor, labels: Tensor, classes: int) -> Tensor:
    """Return (B, classes): the cosine of each vector with the mean of each class in the batch."""
    members = (labels[:, None] == torch.arange(classes, device=labels.device)).to(vectors.dtype)
    means = torch.nn.functional.normalize(members.T @ vectors)
    return vectors @ means.T
