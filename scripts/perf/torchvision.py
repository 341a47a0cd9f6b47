"""The input pipeline alone, against the peer that most people use: one image at a time."""

import time
from collections.abc import Iterable, Sized
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader, Subset
from torchvision import transforms as v1
from torchvision.datasets import FashionMNIST
from torchvision.transforms import v2

from fmnist_bench.config.build import build
from fmnist_bench.config.compose import compose
from fmnist_bench.data.batches import Batch, Shard, TrainBatches
from fmnist_bench.data.datamodule import ImageDataModule
from fmnist_bench.data.facts import FASHION_MNIST
from perf.comparison import Comparison, Goal, Place

BATCH = 256
SECONDS = 2.0
"""Each measurement takes whole passes until this much time has gone by."""
PEER_IMAGES = 80 * BATCH
"""Of the 60,000; a pass over all would take the peers 20 s."""

SUITE = "fmnist_bench"
V2 = "torchvision v2, 2 workers"
V1 = "torchvision v1, in-process"

_SCALE = ([FASHION_MNIST.mean], [FASHION_MNIST.std])
NORMALISE = (v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(*_SCALE))
"""From a PIL image to a standardised float tensor; crop and flip are fastest before that."""
V2_CROP_FLIP = v2.Compose([v2.RandomCrop(28, padding=2), v2.RandomHorizontalFlip(), *NORMALISE])
V1_CROP_FLIP = v1.Compose(
    [v1.RandomCrop(28, padding=2), v1.RandomHorizontalFlip(), v1.ToTensor(), v1.Normalize(*_SCALE)]
)
"""As most tutorials write it."""


def input(place: Place) -> Comparison:
    """Return the comparison of this suite's batches with torchvision's v2 and v1 transforms."""
    sides: dict[str, Iterable[Batch]] = {
        SUITE: suite_batches(place),
        V2: peer_batches(place, V2_CROP_FLIP, PEER_IMAGES, BATCH, workers=2),
        V1: peer_batches(place, V1_CROP_FLIP, PEER_IMAGES, BATCH, workers=0),
    }
    return Comparison(
        title="Input pipeline",
        method=(
            f"Random crop (padding 2), horizontal flip and standardising of Fashion-MNIST's "
            f"training images, shuffled, in batches of {BATCH}; nothing trains. torchvision's "
            "FashionMNIST dataset goes through a DataLoader."
        ),
        unit="images/s",
        sides={side: partial(passes, batches, SECONDS) for side, batches in sides.items()},
        goals=[Goal(SUITE, V2, "at least", 30), Goal(SUITE, V1, "at least", 20)],
    )


def passes(batches: Iterable[tuple[Sized, object]], seconds: float) -> float:
    """Return images per second over as many whole passes as it takes to fill `seconds`."""
    images, started = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds or not images:
        images += sum(len(pictures) for pictures, _ in batches)
    return images / elapsed


def suite_batches(place: Place) -> TrainBatches:
    """Return the batches that `fmnist-bench train augment=crop_flip` trains on."""
    where = (f"data.folder={place.data}", "data.verify=false")  # verified when it was obtained
    config = compose(["augment=crop_flip", "protocol=final", f"batch_size={BATCH}", *where])
    data: ImageDataModule = build(config["data"], "data")
    data.setup("fit")
    return data.train_batches(torch.device("cpu"), epoch=partial(next, count()), shard=Shard(0, 1))


def peer_batches(
    place: Place, transform: object, images: int, batch_size: int, workers: int
) -> DataLoader[Any]:
    """Return shuffled batches of the first `images` training images, as torchvision reads them.

    Worker processes stay for the next pass.
    """
    whole = FashionMNIST(folder_of(place, "FashionMNIST"), train=True, transform=transform)
    return DataLoader(
        Subset(whole, range(images)),
        batch_size=batch_size,
        shuffle=True,
        num_workers=workers,
        persistent_workers=workers > 0,
        drop_last=True,
    )


def folder_of(place: Place, dataset: str) -> Path:
    """Return a folder in which torchvision's class `dataset` finds the images of `place`."""
    home = place.work / "torchvision"
    raw = home / dataset / "raw"
    raw.parent.mkdir(parents=True, exist_ok=True)
    raw.unlink(missing_ok=True)
    raw.symlink_to(place.data.resolve(), target_is_directory=True)
    return home
