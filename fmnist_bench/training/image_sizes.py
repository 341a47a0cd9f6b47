"""Training on smaller images first, which cost less, and on larger ones towards the end."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback
from torch import Tensor, nn
from torch.nn.functional import interpolate

from fmnist_bench.errors import BenchError
from fmnist_bench.training.cost import training_macs


class ImageSizes(Callback):
    """Resizes training images by epoch; what is validated and scored has the full size.

    A net that resizes its images itself, as TimmNet does, is told to which `input_size`; any
    other gets images that were resized before, bilinearly and without aliasing. Method:
    progressive resizing as of J. Howard's entry to DAWNBench (fast.ai, 2018).
    """

    def __init__(self, *, sizes: Sequence[Sequence[int]]) -> None:
        """Take pairs of a first epoch, from 0 on and rising, and the side in pixels from then on.

        Raises:
            BenchError: they are none.
        """
        pairs = [tuple(pair) for pair in sizes]
        whole = all(len(pair) == 2 and min(pair) >= 0 and pair[1] > 0 for pair in pairs)
        if not whole or not pairs or pairs[0][0] != 0:
            raise BenchError(
                f"sizes: {sizes}, expected pairs of epoch and side, [[0, 20], [8, 28]]"
            )
        if any(later[0] <= earlier[0] for earlier, later in pairwise(pairs)):
            raise BenchError(f"sizes: {sizes}, expected epochs that rise")
        self.sizes = pairs
        self._side: int | None = None  # that images are resized to just now
        self._full: int | None = None
        self._hooked: nn.Module | None = None

    def side(self, epoch: int) -> int:
        """Return the side in pixels of training images in `epoch`."""
        return [side for first, side in self.sizes if first <= epoch][-1]

    @contextmanager
    def at(self, net: nn.Module, epoch: int) -> Iterator[None]:
        """Let `net` see images as in `epoch` inside the block."""
        full = getattr(net, "input_size", None)
        self._resize(net, self.side(epoch))
        try:
            yield
        finally:
            self._resize(net, full)

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        if stage != "fit":
            return
        net: Any = pl_module.net
        self._full = getattr(net, "input_size", None)
        self.check(net, image_shape(trainer.datamodule))  # type: ignore[attr-defined]

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._resize(pl_module.net, self.side(trainer.current_epoch))  # type: ignore[arg-type]

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._resize(pl_module.net, self._full)  # type: ignore[arg-type]

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._resize(pl_module.net, self._full)  # type: ignore[arg-type]

    def _resize(self, net: nn.Module, side: int | None) -> None:
        if hasattr(net, "input_size"):
            net.input_size = side  # type: ignore[assignment]
            return
        if self._hooked is not net:
            net.register_forward_pre_hook(self._resized)
            self._hooked = net
        self._side = side

    def _resized(self, net: nn.Module, arguments: tuple[Tensor, ...]) -> tuple[Tensor, ...] | None:
        images, *others = arguments
        if self._side in (None, images.shape[-1]):
            return None
        size = (self._side, self._side)
        small = interpolate(images, size=size, mode="bilinear", align_corners=False, antialias=True)
        return (small, *others)

    def check(self, net: nn.Module, shape: Sequence[int]) -> None:
        """See that `net` takes a blank image of (C, H, W) at each of the sizes.

        Raises:
            BenchError: it does not.
        """
        modes = [(module, module.training) for module in net.modules()]
        net.eval()
        side = 0
        try:
            for first, side in self.sizes:  # noqa: B007  # named below
                with self.at(net, first), torch.no_grad():
                    net(torch.zeros(1, *shape))
        except (RuntimeError, ValueError, AssertionError) as error:
            told = str(error).strip().splitlines()[0][:160]
            raise BenchError(
                f"callbacks: the net takes no images of {side} pixels ({told}); choose other sizes"
            ) from None
        finally:
            for module, training in modes:
                module.training = training


def epoch_macs(
    module: pl.LightningModule, callbacks: Iterable[Callback], image_shape: Sequence[int]
) -> Callable[[int], int]:
    """Return a function from an epoch to the multiply-accumulates of training on one image.

    A module that spends more or less on an image than its net does, for a teacher or on chosen
    images alone, says so by a method `training_macs(image_shape)`.
    """
    own = getattr(module, "training_macs", None) or partial(training_macs, module)
    sizes = next((each for each in callbacks if isinstance(each, ImageSizes)), None)
    if sizes is None:
        always = own(image_shape)
        return lambda epoch: always
    known, net = {}, module.net
    assert isinstance(net, nn.Module)
    for first, side in sizes.sizes:
        with sizes.at(net, first):
            known[side] = own(image_shape)
    return lambda epoch: known[sizes.side(epoch)]


def image_shape(data: Any) -> tuple[int, ...]:
    """Return (C, H, W) of what `data`, which is set up, serves; no stream of chance moves."""
    known: Sequence[int] | None = getattr(data, "image_shape", None)
    if known is not None:
        return tuple(known)
    with torch.random.fork_rng(devices=[]):
        images, _ = next(iter(data.train_dataloader()))
    return tuple(images.shape[1:])
