"""The peer that most Lightning projects start from: one image at a time, a module like any."""

import io
import logging
import time
import warnings
from contextlib import redirect_stderr, redirect_stdout

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torchmetrics.classification import MulticlassAccuracy
from torchvision.transforms import v2

from fmnist_bench.perf.comparison import Place
from fmnist_bench.perf.torchvision_pipeline import dataset, loader, normalise


class TemplateModule(pl.LightningModule):
    """Cross-entropy, Adam, loss and accuracy logged per epoch and shown in the bar."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net
        self.accuracy = MulticlassAccuracy(num_classes=10)

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        images, labels = batch
        logits = self.net(images)
        loss = nn.functional.cross_entropy(logits, labels)
        self.accuracy(logits, labels)
        self.log("train/loss", loss, on_step=False, on_epoch=True, prog_bar=True)
        self.log("train/acc", self.accuracy, on_step=False, on_epoch=True, prog_bar=True)
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=1e-3)


class EpochClock(pl.Callback):
    """Measures from the epoch's start to its end."""

    seconds = 0.0

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._started = time.perf_counter()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.seconds = time.perf_counter() - self._started


def images_per_second(
    place: Place, net: nn.Module, *, batch_size: int, workers: int, images: int
) -> float:
    """Return the rate of one training epoch on the first `images` training images."""
    source = dataset(place.data, place.work, v2.Compose(normalise()), images)
    batches = loader(source, batch_size, workers)
    clock = EpochClock()
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    shown = io.StringIO()  # the bar is drawn, at its cost, but not among our lines
    with warnings.catch_warnings(), redirect_stdout(shown), redirect_stderr(shown):
        warnings.simplefilter("ignore")  # advice on worker counts, which are what is measured
        trainer = pl.Trainer(
            accelerator="cpu",
            max_epochs=1,
            callbacks=[clock],
            logger=False,
            enable_checkpointing=False,
            enable_model_summary=False,
        )
        trainer.fit(TemplateModule(net), batches)
    return len(batches) * batch_size / clock.seconds
