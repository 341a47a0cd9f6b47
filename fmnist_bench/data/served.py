"""What a run asks of any LightningDataModule: this suite's own, or one of the user's."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import pytorch_lightning as pl
import torch
from torch import Tensor

from fmnist_bench.data.facts import digest_of
from fmnist_bench.errors import BenchError


class ServesImages(Protocol):
    """A LightningDataModule of images with one label each.

    Its loaders yield batches of images (B, C, H, W), float, and labels (B,), int64, from 0
    to the number of classes - 1; the test loader in the same order every time. Without
    validation images it has no `val_dataloader`, or an empty one. An attribute `digest`
    (hex) says which data it is; without it `digest_of_served` does. An attribute
    `pixel_scaling`, a factor and an offset for each channel, lets a finished run classify
    images of uint8.
    """

    name: str
    class_names: Sequence[str]

    def train_dataloader(self) -> Iterable[Any]: ...

    def test_dataloader(self) -> Iterable[Any]: ...


def check_serves_images(data: object) -> None:
    """Check, after its `setup`, that `data` has what `ServesImages` asks for.

    Raises:
        BenchError: it has not; the message says what to add.
    """
    where = f"data._target_: {type(data).__name__}"
    if not isinstance(data, pl.LightningDataModule):
        raise BenchError(f"{where} is no LightningDataModule; derive it from that class")
    for loader in ("train_dataloader", "test_dataloader"):
        if getattr(type(data), loader) is getattr(pl.LightningDataModule, loader):
            raise BenchError(f"{where} has no {loader}; add the method, which returns batches")
    if not isinstance(data.name, str) or not data.name:
        raise BenchError(f"{where} has no name; set self.name to the dataset's name, a string")
    names = getattr(data, "class_names", None)
    if isinstance(names, str) or not isinstance(names, Sequence) or len(names) == 0:
        raise BenchError(
            f"{where} has no class_names; set self.class_names to the names of the classes, in "
            "the order of the labels, at the latest in setup"
        )


def digest_of_served(data: ServesImages) -> str:
    """Return the digest (hex) over the test images and labels that `data` serves, in order.

    Pixels count as float32, and the shape of an image; how they are cut into batches does not.

    Raises:
        BenchError: a batch is not what `ServesImages` says.
    """
    pixels, classes = hashlib.sha256(), hashlib.sha256()
    for number, batch in enumerate(data.test_dataloader()):
        images, labels = _checked(batch, f"{type(data).__name__}, test batch {number}", data)
        if number == 0:
            pixels.update(str(list(images.shape[1:])).encode())
        pixels.update(images.float().cpu().numpy().tobytes())
        classes.update(labels.cpu().numpy().tobytes())
    return digest_of({"test_images": pixels.hexdigest(), "test_labels": classes.hexdigest()})


def _checked(batch: object, where: str, data: ServesImages) -> tuple[Tensor, Tensor]:
    if not isinstance(batch, tuple | list) or [type(each) for each in batch] != [Tensor, Tensor]:
        raise BenchError(f"{where}: {type(batch).__name__}, expected (images, labels), two tensors")
    images, labels = batch
    if images.ndim != 4 or not images.is_floating_point():
        raise BenchError(f"{where}: images {_form(images)}, expected a float tensor (B, C, H, W)")
    if labels.dtype != torch.int64 or labels.shape != images.shape[:1]:
        raise BenchError(f"{where}: labels {_form(labels)}, expected int64 [{len(images)}]")
    most = len(data.class_names) - 1
    if bool(((labels < 0) | (labels > most)).any()):
        raise BenchError(f"{where}: expected labels from 0 to {most}; name every class")
    return images, labels


def _form(tensor: Tensor) -> str:
    return f"{tensor.dtype} {list(tensor.shape)}"
