"""What every augmentation keeps to."""

from typing import Protocol, runtime_checkable

from torch import Generator, Tensor


@runtime_checkable
class Augmentation(Protocol):
    """Chance and change apart: all random numbers of an epoch first, then batch by batch.

    Because `draw` sees the whole epoch and `apply` each image by itself, what happens to
    the i-th image of an epoch depends neither on the device nor on how the epoch is cut
    into batches and processes.
    """

    def draw(self, indices: Tensor, epoch: int, generator: Generator) -> Tensor:
        """Return random parameters (n, k), on the CPU, for the n images of one epoch.

        `indices` (n,) int64 on the CPU are the images' places in the dataset, in the order
        in which the epoch presents them. `generator` stands at the start of the epoch's
        stream; epochs count from 0.
        """
        ...

    def apply(self, images: Tensor, parameters: Tensor) -> Tensor:
        """Return the changed images; shape and dtype stay, the input is left as it was.

        `images` (B, C, H, W) are uint8, or float on the same scale of 0 (background) to
        255; `parameters` (B, k) are rows that `draw` returned, on the images' device.
        Only tensor operations of fixed shape, so that no step waits for the host.
        """
        ...
