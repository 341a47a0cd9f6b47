"""A training epoch, against what most Lightning projects start from: one image at a time."""

import io
import logging
import time
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import partial

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torchmetrics.classification import MulticlassAccuracy
from torchvision.transforms import v2

from fmnist_bench.data.facts import FILE_SHAPES
from fmnist_bench.nets.cnn import CNN
from fmnist_bench.nets.mlp import MLP
from perf import processes
from perf.comparison import Comparison, Goal, Place
from perf.torchvision import NORMALISE, peer_batches

BATCH = 128
IMAGES = FILE_SHAPES["train_images"][0]
PROBE_IMAGES = 40 * BATCH
WORKERS = (0, 2)

NETS: dict[str, Callable[[], nn.Module]] = {
    "mlp": partial(MLP, hidden=[300, 100], dropout=0.0, num_classes=10),
    "cnn": partial(CNN, hidden=128, dropout=0.5, num_classes=10),
}
BOUNDS = {"mlp": 8.0, "cnn": 3.0}


def template(place: Place) -> Comparison:
    """Return the comparison, after finding each net's fastest worker count for the peer."""
    sides: dict[str, Callable[[], float]] = {}
    for name in NETS:
        rates = {workers: peer(place, name, workers, PROBE_IMAGES) for workers in WORKERS}
        workers = max(WORKERS, key=lambda each: rates[each])
        print(f"template, {name}: {workers} workers are fastest")
        same = ["optimizer=adam", "augment=none", "protocol=final", "epochs=1"]
        sides[f"fmnist_bench {name}"] = partial(
            processes.images_per_second, place, f"model={name}", *same, f"batch_size={BATCH}"
        )
        sides[f"template {name}"] = partial(peer, place, name, workers, IMAGES)
    return Comparison(
        title="Training epoch against the common template",
        method=(
            f"One epoch over all {IMAGES:,} training images of Fashion-MNIST in batches of "
            f"{BATCH}, no augmentation, Adam, start-up and validation apart. The template is a "
            "LightningModule with default Trainer over torchvision's dataset and a DataLoader "
            f"with {' or '.join(map(str, WORKERS))} workers, whichever is faster; "
            "`fmnist-bench train` runs with its defaults."
        ),
        unit="images/s",
        sides=sides,
        goals=[
            Goal(f"fmnist_bench {name}", f"template {name}", "at least", bound)
            for name, bound in BOUNDS.items()
        ],
    )


class TemplateModule(pl.LightningModule):
    """Cross-entropy, Adam, loss and accuracy logged per epoch; notes an epoch's `seconds`."""

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

    def on_train_epoch_start(self) -> None:
        self._started = time.perf_counter()

    def on_train_epoch_end(self) -> None:
        self.seconds = time.perf_counter() - self._started


def peer(place: Place, name: str, workers: int, images: int) -> float:
    """Return images per second of one training epoch on the first `images` training images."""
    batches = peer_batches(place, v2.Compose(NORMALISE), images, BATCH, workers)
    module = TemplateModule(NETS[name]())
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    shown = io.StringIO()  # the bar is drawn, at its cost, but not among our lines
    with warnings.catch_warnings(), redirect_stdout(shown), redirect_stderr(shown):
        warnings.simplefilter("ignore")  # advice on worker counts, which are what is measured
        trainer = pl.Trainer(
            accelerator="cpu",
            max_epochs=1,
            logger=False,
            enable_checkpointing=False,
            enable_model_summary=False,
        )
        trainer.fit(module, batches)
    return len(batches) * BATCH / module.seconds
