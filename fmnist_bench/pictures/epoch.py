"""The images that an epoch of a run shows to its net, before and after augmentation."""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from fmnist_bench.config.build import build
from fmnist_bench.data.batches import Batch, Shard
from fmnist_bench.data.datamodule import ImageDataModule
from fmnist_bench.data.facts import dataset_facts
from fmnist_bench.errors import BenchError
from fmnist_bench.pictures.mosaic import Tile


class Shown(NamedTuple):
    """Images (n, 28, 28), as the files hold them and augmented, on the scale of 0 to 255.

    `labels` has shape (n,); the order is that of the epoch.
    """

    originals: NDArray[np.float32]
    augmented: NDArray[np.float32]
    labels: NDArray[np.int64]


def first_of_epoch(
    config: dict[str, Any], *, epoch: int, count: int, classes: Collection[int]
) -> Shown:
    """Return the first `count` training images of `classes` in `epoch`, counted from 0.

    They are what a run of `config` trains on in that epoch, before scaling and mixing; fewer if
    the epoch has no more.

    Raises:
        BenchError: config or data are wrong, or no such image is among them.
    """
    # Neither order nor augmentation depends on the scaling, and the order not on the
    # augmentation: so the same epoch without it shows the originals.
    plain = config | {"data": config["data"] | {"augmentations": {}}}
    pairs = zip(_batches(plain, epoch), _batches(config, epoch), strict=True)
    found: list[tuple[torch.Tensor, ...]] = []
    for (before, truth), (after, _) in pairs:
        wanted = torch.isin(truth, torch.tensor(sorted(classes)))
        found.append((before[wanted, 0], after[wanted, 0], truth[wanted]))
        if sum(len(labels) for *_, labels in found) >= count:
            break
    parts = [torch.cat(each)[:count].numpy() for each in zip(*found, strict=True)]
    if not len(parts[-1]):
        raise BenchError("--classes: no such image among the training images; name others")
    return Shown(*parts)


def tiles_of(shown: Shown, dataset: str, *, augmented: bool) -> list[Tile]:
    """Return a tile per image: the original, its augmented version beside it if asked."""
    names = dataset_facts(dataset).class_names
    kinds = shown[:2] if augmented else shown[:1]
    pixels = [np.clip(np.rint(kind), 0, 255).astype(np.uint8) for kind in kinds]
    together = zip(shown.labels.tolist(), *pixels, strict=True)
    return [Tile(tuple(images), (names[label],)) for label, *images in together]


def _batches(config: dict[str, Any], epoch: int) -> Iterable[Batch]:
    data = build(config["data"] | {"scaling": "raw"}, "data")
    if not isinstance(data, ImageDataModule):
        raise BenchError("data._target_: only idx data can be shown; choose data=idx or a dataset")
    data.prepare_data()
    data.setup("fit")
    return data.train_batches(torch.device("cpu"), epoch=lambda: epoch, shard=Shard(0, 1))
