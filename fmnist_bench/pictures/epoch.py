"""The images that an epoch of a run shows to its net, before and after augmentation."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from omegaconf import OmegaConf

from fmnist_bench.data.batches import Shard
from fmnist_bench.data.facts import dataset_facts
from fmnist_bench.errors import BenchError
from fmnist_bench.pictures.mosaic import Tile
from fmnist_bench.training.assemble import build_data


@dataclass(frozen=True)
class Shown:
    """Images (n, 28, 28), as the files hold them and augmented, on the scale of 0 to 255.

    `labels` has shape (n,); the order is that of the epoch.
    """

    originals: NDArray[np.float32]
    augmented: NDArray[np.float32]
    labels: NDArray[np.int64]


def first_of_epoch(
    config: dict[str, Any], folder: Path, *, epoch: int, count: int, classes: Collection[int]
) -> Shown:
    """Return the first `count` training images of `classes` in `epoch`, counted from 0.

    They are what a run of `config` trains on in that epoch, before scaling and mixing; fewer if
    the epoch has no more. `folder` holds the four raw idx files.

    Raises:
        BenchError: config or data are wrong, or no such image is among them.
    """
    # Neither order nor augmentation depends on the scaling, and the order not on the
    # augmentation: so the same epoch without it shows the originals.
    plain = config | {"data": config["data"] | {"augmentations": {}}}
    pairs = zip(_batches(plain, folder, epoch), _batches(config, folder, epoch), strict=True)
    originals, augmented, labels = [], [], []
    found = 0
    for (before, truth), (after, _) in pairs:
        wanted = torch.isin(truth, torch.tensor(sorted(classes)))
        originals.append(before[wanted, 0])
        augmented.append(after[wanted, 0])
        labels.append(truth[wanted])
        found += int(wanted.sum())
        if found >= count:
            break
    if not found:
        raise BenchError("--classes: no such image among the training images; name others")
    parts = (torch.cat(each)[:count].numpy() for each in (originals, augmented, labels))
    return Shown(*parts)


def tiles_of(shown: Shown, dataset: str, *, augmented: bool) -> list[Tile]:
    """Return a tile per image: the original, its augmented version beside it if asked."""
    names = dataset_facts(dataset).class_names
    kinds = (shown.originals, shown.augmented) if augmented else (shown.originals,)
    pixels = [np.clip(np.rint(kind), 0, 255).astype(np.uint8) for kind in kinds]
    together = zip(*pixels, strict=True)
    return [
        Tile(images, (names[label],))
        for images, label in zip(together, shown.labels.tolist(), strict=True)
    ]


def _batches(config: dict[str, Any], folder: Path, epoch: int) -> Any:
    raw = config | {"data": config["data"] | {"scaling": "raw"}}
    data = build_data(OmegaConf.create(raw), folder)
    return data.train_batches(torch.device("cpu"), epoch=lambda: epoch, shard=Shard(0, 1))
