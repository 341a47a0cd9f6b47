"""The one LightningDataModule: uint8 images in memory, split by the protocol."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytorch_lightning as pl
import torch
from torch import Tensor

from fmnist_bench.data.augment import Augmentation
from fmnist_bench.data.batches import Batch, EvalBatches, Shard, TrainBatches
from fmnist_bench.data.facts import FILE_NAMES, dataset_facts
from fmnist_bench.data.idx import read_idx
from fmnist_bench.data.scaling import Scaling
from fmnist_bench.data.split import split_indices
from fmnist_bench.streams import generator


@dataclass(frozen=True)
class Labelled:
    """Images (N, 1, 28, 28) uint8 and labels (N,) int64, on one device."""

    images: Tensor
    labels: Tensor

    def to(self, device: torch.device) -> "Labelled":
        return Labelled(self.images.to(device), self.labels.to(device))


class ImageDataModule(pl.LightningDataModule):
    """Fashion-MNIST, MNIST or the user's own files of that format.

    The test images are not read before `test_batches` is called, which the run does once,
    after training: nothing that a Trainer is handed can see them.
    """

    def __init__(
        self,
        folder: Path,
        *,
        name: str,
        scaling: str,
        augmentations: Mapping[str, Augmentation],
        split: str,
        validation: int,
        split_seed: int,
        batch_size: int,
        eval_batch_size: int,
        drop_last: bool,
        seed: int,
    ) -> None:
        """Read the training images from `folder`, which holds the four raw idx files.

        Raises:
            BenchError: a file is unreadable, or the protocol does not fit the labels.
        """
        super().__init__()
        self._folder = folder
        self._scaling = Scaling(scaling, dataset_facts(name))
        self._augmentations = list(augmentations.values())
        self._batch_size, self._eval_batch_size = batch_size, eval_batch_size
        self._drop_last, self._seed = drop_last, seed
        self._train = self._read("train")
        self.split = split_indices(
            self._train.labels.numpy().astype("uint8"),
            split=split,
            validation=validation,
            split_seed=split_seed,
        )
        self.test_reads = 0

    def train_dataloader(self) -> TrainBatches:
        """Return the training batches, on the Trainer's device and for its rank."""
        trainer = self._attached_trainer()
        return self.train_batches(
            trainer.strategy.root_device,
            epoch=lambda: trainer.current_epoch,
            shard=Shard(trainer.global_rank, trainer.world_size),
        )

    def train_batches(
        self, device: torch.device, *, epoch: Callable[[], int], shard: Shard
    ) -> TrainBatches:
        """Return the training batches of `shard` on `device`; `epoch` is asked at each pass."""
        data = self._train_on(device)
        return TrainBatches(
            data.images,
            data.labels,
            torch.from_numpy(self.split.train).to(data.images.device),
            batch_size=self._batch_size,
            drop_last=self._drop_last,
            augmentations=self._augmentations,
            scaling=self._scaling,
            seed=self._seed,
            epoch=epoch,
            shard=shard,
        )

    def training_images(self, count: int, device: torch.device) -> Tensor:
        """Return the first `count` images to train on in file order, scaled, on `device`."""
        first = torch.from_numpy(self.split.train[:count])
        return self._scaling(self._train.images[first.to(self._train.images.device)]).to(device)

    def noise_batches(self, steps: int, device: torch.device) -> TrainBatches:
        """Return `steps` batches shaped, augmented and scaled as an epoch's, without content.

        Pixels and labels are drawn at random: what is warmed up on them learns nothing.
        """
        stream = generator(self._seed, "noise")
        count = steps * self._batch_size
        shape = (count, *self._train.images.shape[1:])
        images = torch.randint(256, shape, generator=stream, dtype=torch.uint8)
        labels = torch.randint(10, (count,), generator=stream)
        return TrainBatches(
            images.to(device),
            labels.to(device),
            torch.arange(count).to(device),
            batch_size=self._batch_size,
            drop_last=self._drop_last,
            augmentations=self._augmentations,
            scaling=self._scaling,
            seed=self._seed,
            epoch=lambda: 0,
            shard=Shard(0, 1),
        )

    def val_dataloader(self) -> EvalBatches | list[Batch]:
        """Return this rank's validation batches; an empty list when the protocol has none."""
        trainer = self._attached_trainer()
        shard = Shard(trainer.global_rank, trainer.world_size)
        return self._validation(trainer.strategy.root_device, shard) or []

    def validation_batches(self, device: torch.device) -> EvalBatches | None:
        """Return all validation batches for one process; None when the protocol has none."""
        return self._validation(device, Shard(0, 1))

    def test_batches(self, device: torch.device) -> EvalBatches:
        """Read the test images and return their batches in file order; counted in `test_reads`."""
        self.test_reads += 1
        data = self._read("test").to(device)
        return self._eval_batches(data, torch.arange(len(data.labels)), Shard(0, 1))

    def transfer_batch_to_device(
        self, batch: Batch, device: torch.device, dataloader_idx: int
    ) -> Batch:
        """Return `batch` as it is: its images already lie on the device."""
        return batch

    def _read(self, part: str) -> Labelled:
        images = torch.from_numpy(read_idx(self._folder / FILE_NAMES[f"{part}_images"]))
        labels = torch.from_numpy(read_idx(self._folder / FILE_NAMES[f"{part}_labels"]))
        return Labelled(images.unsqueeze(1), labels.long())

    def _train_on(self, device: torch.device) -> Labelled:
        self._train = self._train.to(device)
        return self._train

    def _validation(self, device: torch.device, shard: Shard) -> EvalBatches | None:
        if not len(self.split.validation):
            return None
        indices = torch.from_numpy(self.split.validation)
        return self._eval_batches(self._train_on(device), indices, shard)

    def _eval_batches(self, data: Labelled, indices: Tensor, shard: Shard) -> EvalBatches:
        return EvalBatches(
            data.images,
            data.labels,
            indices.to(data.images.device),
            batch_size=self._eval_batch_size,
            scaling=self._scaling,
            shard=shard,
        )

    def _attached_trainer(self) -> pl.Trainer:
        assert self.trainer is not None, "the data module serves loaders to a Trainer"
        return self.trainer
