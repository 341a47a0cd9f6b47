"""The input pipeline alone: crop, flip and normalise, batches of 256."""

from collections.abc import Iterable
from functools import partial
from itertools import count
from typing import Any

import torch
from torch.utils.data import DataLoader
from torchvision import transforms as v1
from torchvision.transforms import v2

from fmnist_bench.data.augment import HorizontalFlip, RandomCrop
from fmnist_bench.data.batches import Batch, Shard, TrainBatches
from fmnist_bench.data.facts import FASHION_MNIST, FILE_NAMES
from fmnist_bench.data.idx import read_idx
from fmnist_bench.data.scaling import Scaling
from fmnist_bench.perf.comparison import Comparison, Goal, Place
from fmnist_bench.perf.rounds import images_per_second
from fmnist_bench.perf.torchvision_pipeline import dataset, loader, normalise

BATCH = 256
SECONDS = 2.0
"""Each measurement takes whole passes until this much time has gone by."""
PEER_IMAGES = 80 * BATCH
"""Of the 60,000; a pass over all would take the peers 20 s."""

SUITE = "fmnist_bench"
V2 = "torchvision v2, 2 workers"
V1 = "torchvision v1, in-process"


def build(place: Place) -> Comparison:
    """Return the comparison of this suite's batches with torchvision's v2 and v1 transforms."""
    sides: dict[str, Iterable[Batch]] = {
        SUITE: suite_batches(place),
        V2: peer_batches(place, v2_transform(), workers=2),
        V1: peer_batches(place, v1_transform(), workers=0),
    }
    return Comparison(
        title="Input pipeline",
        method=(
            f"Random crop (padding 2), horizontal flip and standardising of Fashion-MNIST's "
            f"training images, shuffled, in batches of {BATCH}; nothing trains. torchvision's "
            "FashionMNIST dataset goes through a DataLoader."
        ),
        unit="images/s",
        sides={
            side: partial(images_per_second, batches, SECONDS) for side, batches in sides.items()
        },
        goals=[
            Goal(subject=SUITE, peer=V2, sense="at least", bound=30),
            Goal(subject=SUITE, peer=V1, sense="at least", bound=20),
        ],
    )


def suite_batches(place: Place) -> TrainBatches:
    """Return the batches that `fmnist-bench train augment=crop_flip` trains on."""
    images, labels = (
        torch.from_numpy(read_idx(place.data / FILE_NAMES[part]))
        for part in ("train_images", "train_labels")
    )
    epochs = count()
    return TrainBatches(
        images.unsqueeze(1),
        labels.long(),
        torch.arange(len(labels)),
        batch_size=BATCH,
        drop_last=True,
        augmentations=[RandomCrop(padding=2, mode="zero"), HorizontalFlip(p=0.5)],
        scaling=Scaling("standardize", FASHION_MNIST),
        seed=0,
        epoch=lambda: next(epochs),
        shard=Shard(0, 1),
    )


def peer_batches(place: Place, transform: object, workers: int) -> DataLoader[Any]:
    """Return torchvision's batches of the same augmentation."""
    return loader(dataset(place.data, place.work, transform, PEER_IMAGES), BATCH, workers)


def v2_transform() -> v2.Compose:
    """Return the v2 pipeline; on the PIL image, where crop and flip are fastest."""
    crop_flip = [v2.RandomCrop(28, padding=2), v2.RandomHorizontalFlip()]
    return v2.Compose([*crop_flip, *normalise()])


def v1_transform() -> v1.Compose:
    """Return the v1 pipeline, as most tutorials write it."""
    return v1.Compose(
        [
            v1.RandomCrop(28, padding=2),
            v1.RandomHorizontalFlip(),
            v1.ToTensor(),
            v1.Normalize([FASHION_MNIST.mean], [FASHION_MNIST.std]),
        ]
    )
