"""idx files as a LightningDataModule: uint8 images in memory, split by the protocol."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import pytorch_lightning as pl
import torch
from pydantic import Field, InstanceOf
from torch import Tensor

from fmnist_bench.data.arguments import Count, Whole, check, check_fields
from fmnist_bench.data.augment import Augmentation
from fmnist_bench.data.batches import Batch, EvalBatches, Shard, TrainBatches, as_tensors
from fmnist_bench.data.facts import DATASETS, digest_of, published_facts
from fmnist_bench.data.obtain import check_request, obtain
from fmnist_bench.data.parts import find_folder, read_part
from fmnist_bench.data.scaling import Named, Scaling, pixel_statistics
from fmnist_bench.data.split import Way, check_split, split_indices
from fmnist_bench.data.verify import read_own, read_published
from fmnist_bench.errors import BenchError
from fmnist_bench.paths import cache_dir
from fmnist_bench.streams import generator

_ONE_PROCESS = Shard(0, 1)
_AT_THE_TOP = ("batch_size", "eval_batch_size", "drop_last", "seed")
_OF_THE_PROTOCOL = ("split", "validation", "split_seed")


def _key(argument: str) -> str:
    """Return where the user sets `argument`."""
    if argument in _AT_THE_TOP:
        return argument
    return f"{'protocol' if argument in _OF_THE_PROTOCOL else 'data'}.{argument}"


_Names = Annotated[Sequence[Annotated[str, Field(min_length=1)]], Field(min_length=1)]


@dataclass(kw_only=True, eq=False, repr=False)
class ImageDataModule(pl.LightningDataModule):
    """Fashion-MNIST, MNIST, or idx files of the user's own.

    No test image is served, and none kept, before a test loader is asked for. `setup` finds
    out: `digest` of the four files as they lie there, `split_digest` (None without validation
    images), `class_names`, `image_shape` (C, H, W), how many `train_images` and `test_images`
    there are, `statistics`, the pixels' mean and standard deviation, and `pixel_scaling`, the
    factor and offset of each channel.
    """

    name: str
    folder: str | Path | None
    verify: bool
    scaling: Named
    class_names: _Names | None
    augmentations: Mapping[str, Any]
    split: Way
    validation: Whole
    split_seed: Whole
    batch_size: Count
    eval_batch_size: Count
    drop_last: bool
    seed: Whole

    def __post_init__(self) -> None:
        """Check the arguments, each under its config's key, and read nothing.

        Raises:
            BenchError: one of them is wrong.
        """
        super().__init__()
        check_fields(self, _key)
        folder = self._folder = None if self.folder is None else Path(self.folder)
        check_request(self.name, folder=folder, verify=self.verify)
        published = DATASETS[self.name].class_names if self.name in DATASETS else None
        names = self.class_names or published or ()
        if len(set(names)) < len(names) or (published and len(names) != len(published)):
            wanted = f"{len(published)} different names" if published else "every name once"
            raise BenchError(f"data.class_names: {', '.join(names)}; expected {wanted}")
        self._named = tuple(names)
        for key, each in self.augmentations.items():
            check(f"augment.{key}", each, InstanceOf[Augmentation])
        check_split(self.split, self.validation)
        self._train: tuple[Tensor, Tensor] | None = None

    def prepare_data(self) -> None:
        """Fetch published files that are not in the cache, as `obtain`, which may raise."""
        if self._folder is None:
            say = logging.getLogger(__name__).debug
            obtain(self.name, folder=None, verify=True, cache=cache_dir(), say=say)

    def setup(self, stage: str | None = None) -> None:
        """Check the files, read the training images and split them; once, for every stage.

        Raises:
            BenchError: a file is missing or wrong, or the protocol does not fit the labels.
        """
        if self._train is not None:
            return
        home = find_folder(self.name, self._folder) if self._folder else cache_dir() / self.name
        classes = len(self._named) or None
        parts = read_published(self.name, home) if self.verify else read_own(home, classes)
        images, labels = as_tensors(parts["train_images"], parts["train_labels"])
        self._home = home
        self._sha256 = {part: read.sha256 for part, read in parts.items()}
        self.digest = digest_of(self._sha256)
        self._split = split_indices(
            labels.numpy(), split=self.split, validation=self.validation, split_seed=self.split_seed
        )
        self.split_digest = self._split.digest if len(self._split.validation) else None
        self.class_names = self._named or tuple(map(str, range(int(labels.max()) + 1)))
        self.image_shape = tuple(images.shape[1:])
        self.train_images, self.test_images = len(labels), len(parts["test_labels"].array)
        self.statistics = published_facts(self.name, self.digest) or pixel_statistics(images)
        self._scaling = scaling = Scaling(self.scaling, self.statistics)
        self.pixel_scaling = scaling.channels
        self._scored = partial(EvalBatches, batch_size=self.eval_batch_size, scaling=scaling)
        self._trained = partial(
            TrainBatches,
            batch_size=self.batch_size,
            drop_last=self.drop_last,
            augmentations=list(self.augmentations.values()),
            scaling=scaling,
            seed=self.seed,
        )
        self._train = images, labels

    def train_dataloader(self) -> TrainBatches:
        """Return the training batches, on the Trainer's device and for its rank."""
        (device, shard), trainer = self._place(), self.trainer
        epoch = (lambda: trainer.current_epoch) if trainer else (lambda: 0)
        return self.train_batches(device, epoch=epoch, shard=shard)

    def train_batches(
        self, device: torch.device, *, epoch: Callable[[], int], shard: Shard
    ) -> TrainBatches:
        """Return the training batches of `shard` on `device`; `epoch` is asked at each pass."""
        indices = torch.from_numpy(self._split.train)
        return self._trained(*self._train_on(device), indices, epoch=epoch, shard=shard)

    def training_images(self, count: int, device: torch.device) -> Tensor:
        """Return the first `count` images to train on in file order, scaled, on `device`."""
        images, _ = self._train_on(device)
        first = torch.from_numpy(self._split.train[:count])
        return self._scaling(images[first.to(images.device)])

    def noise_batches(self, steps: int, device: torch.device) -> TrainBatches:
        """Return `steps` batches like an epoch's of random pixels and labels, to learn nothing."""
        stream, count = generator(self.seed, "noise"), steps * self.batch_size
        shape = (count, *self.image_shape)
        images = torch.randint(256, shape, generator=stream, dtype=torch.uint8).to(device)
        labels = torch.randint(len(self.class_names or ()), (count,), generator=stream).to(device)
        indices = torch.arange(count)
        return self._trained(images, labels, indices, epoch=lambda: 0, shard=_ONE_PROCESS)

    def val_dataloader(self, device: torch.device | None = None) -> EvalBatches | list[Batch]:
        """Return this rank's validation batches; an empty list when the protocol has none.

        With `device`, all of them for one process, on that device.
        """
        if self.split_digest is None:
            return []
        device, shard = (device, _ONE_PROCESS) if device else self._place()
        indices = torch.from_numpy(self._split.validation)
        return self._scored(*self._train_on(device), indices, shard=shard)

    def test_dataloader(self, device: torch.device | None = None) -> EvalBatches:
        """Read the test images and return all batches in file order, for one process.

        They lie on `device`, by default the Trainer's.

        Raises:
            BenchError: a test file is no longer the one that `setup` found.
        """
        parts = {part: read_part(self._home, part) for part in ("test_images", "test_labels")}
        for part, read in parts.items():
            if read.sha256 != self._sha256[part]:
                raise BenchError(f"{read.path}: changed while the run trained; start it again")
        device = device or self._place()[0]
        images, labels = (tensor.to(device) for tensor in as_tensors(*parts.values()))
        indices = torch.arange(len(labels))
        return self._scored(images, labels, indices, shard=_ONE_PROCESS)

    def transfer_batch_to_device(
        self, batch: Batch, device: torch.device, dataloader_idx: int
    ) -> Batch:
        """Return `batch` as it is: its images already lie on the device."""
        return batch

    def _place(self) -> tuple[torch.device, Shard]:
        """Return the Trainer's device and this rank's share; without one, all on the CPU."""
        if (trainer := self.trainer) is None:
            return torch.device("cpu"), _ONE_PROCESS
        return trainer.strategy.root_device, Shard(trainer.global_rank, trainer.world_size)

    def _train_on(self, device: torch.device) -> tuple[Tensor, Tensor]:
        assert self._train is not None, "call setup() first, as a Trainer does"
        images, labels = self._train
        self._train = images.to(device), labels.to(device)
        return self._train
