"""The peer that most people use: torchvision's dataset, one image at a time."""

from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset, Subset
from torchvision.datasets import FashionMNIST
from torchvision.transforms import v2

from fmnist_bench.data.facts import FASHION_MNIST


def dataset(raw: Path, work: Path, transform: object, images: int) -> Dataset[Any]:
    """Return the first `images` training images of `raw` as torchvision's dataset.

    torchvision insists on its own folder names, which are made in `work` around a link.
    """
    home = work / "torchvision" / "FashionMNIST"
    home.mkdir(parents=True, exist_ok=True)
    link = home / "raw"
    link.unlink(missing_ok=True)
    link.symlink_to(raw.resolve(), target_is_directory=True)
    whole: Dataset[Any] = FashionMNIST(home.parent, train=True, transform=transform)
    return Subset(whole, range(images))


def loader(source: Dataset[Any], batch_size: int, workers: int) -> DataLoader[Any]:
    """Return shuffled batches; worker processes stay for the next pass."""
    return DataLoader(
        source,
        batch_size=batch_size,
        shuffle=True,
        num_workers=workers,
        persistent_workers=workers > 0,
        drop_last=True,
    )


def normalise() -> list[object]:
    """Return the v2 transforms from a PIL image to a standardised float tensor."""
    return [
        v2.ToImage(),
        v2.ToDtype(torch.float32, scale=True),
        v2.Normalize([FASHION_MNIST.mean], [FASHION_MNIST.std]),
    ]
