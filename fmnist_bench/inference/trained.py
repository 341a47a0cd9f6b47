"""A finished run as something that classifies images."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fmnist_bench.errors import BenchError
from fmnist_bench.inference.graph import Graph
from fmnist_bench.records.record import Record

_BATCH = 1000


@dataclass(frozen=True)
class Predicted:
    """What a run says about N images.

    `classes` (N,) int64 are the likeliest classes, `names` what they are called, and
    `probabilities` (N, classes) float32 those of all classes. Tensors lie on the CPU.

    On a blank image, the same all over, nothing is seen: its class is -1, its name None, and
    its probabilities are NaN.
    """

    classes: Tensor
    probabilities: Tensor
    names: tuple[str | None, ...]


@dataclass(frozen=True, eq=False)
class TrainedRun:
    """A run's model with its trained weights. `load_run` makes one.

    `graph` has the `net` in it and lies on `device`; `trust` names what the record may call.
    """

    folder: Path
    record: Record
    graph: Graph
    net: nn.Module
    trust: Collection[str]
    device: torch.device

    @property
    def name(self) -> str:
        """Name of the run's folder."""
        return self.folder.resolve().name

    @property
    def class_names(self) -> tuple[str, ...]:
        """What the classes are called, in the order of the probabilities."""
        return tuple(self.record.data.class_names)

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Channels, height and width of an image."""
        return tuple(self.record.data.image_shape)

    @property
    def dtype(self) -> torch.dtype:
        """Type of the images that the graph takes: uint8, or float32 where they come scaled."""
        return torch.float32 if self.record.data.pixel_scaling is None else torch.uint8

    def predict(self, images: "Tensor | NDArray[Any]") -> Predicted:
        """Classify images (N, C, H, W), or (N, H, W) of one channel, in the dataset's style.

        They are uint8 from 0 to 255 as the dataset's files have them, or floats from 0 to 1; of
        a run whose data module does not say how it scales pixels, floats as it served them. The
        arithmetic is in 32-bit floats also for a run that was scored in bfloat16. Thousands of
        images at once are taken in batches.

        Raises:
            BenchError: another shape, type or range.
        """
        pixels = self._pixels(images)
        probabilities = self.outputs(pixels)[1]
        blank = (pixels == pixels[..., :1, :1]).flatten(1).all(1).cpu()
        probabilities[blank] = torch.nan
        classes = probabilities.argmax(1).masked_fill(blank, -1)
        names = (*self.class_names, None)
        return Predicted(classes, probabilities, tuple(names[c] for c in classes.tolist()))

    @torch.no_grad()
    def outputs(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits and probabilities (N, classes), on the CPU, of what the graph takes.

        Raises:
            BenchError: the model does not give a logit for each class.
        """
        classes = len(self.class_names)
        found = [(torch.empty(0, classes), torch.empty(0, classes))]
        for part in torch.split(pixels, _BATCH) if len(pixels) else ():
            logits, probabilities = self.graph(part.to(self.device))
            if logits.shape != (len(part), classes):
                raise BenchError(
                    f"{self.name}: its net gives {tuple(logits.shape)} for {len(part)} images, "
                    f"expected {classes} logits for each"
                )
            found.append((logits.cpu(), probabilities.cpu()))
        logits, probabilities = (torch.cat(each) for each in zip(*found, strict=True))
        return logits, probabilities

    def _pixels(self, images: "Tensor | NDArray[Any]") -> Tensor:
        """Return `images` as the graph takes them, (N, C, H, W)."""
        try:
            given = images if isinstance(images, Tensor) else _copied(images)
        except (TypeError, ValueError, RuntimeError) as error:
            raise BenchError(
                f"images: {error}, expected a torch tensor or a NumPy array of uint8"
            ) from None
        shape, expected = tuple(given.shape), self.image_shape
        if shape[1:] == expected[1:] and expected[0] == 1:
            given = given[:, None]
        if given.ndim != 4 or given.shape[1:] != expected:
            said = ", ".join(map(str, expected))
            grey = f"(N, {said[3:]}) or " if expected[0] == 1 else ""
            raise BenchError(f"images: shape {shape}, expected {grey}(N, {said})")
        scales = self.dtype == torch.uint8
        if given.is_floating_point():
            # Written so that NaN, which compares as false, is refused too.
            if scales and not bool(((given >= 0) & (given <= 1)).all()):
                raise BenchError(
                    "images: float values outside 0 to 1; divide by 255, and leave the rest of "
                    "the scaling to the run"
                )
            return given.float() * 255 if scales else given.float()
        if given.dtype != torch.uint8 or not scales:
            told = "uint8 from 0 to 255 or floats from 0 to 1"
            told = told if scales else "floats as the run's data module serves them"
            raise BenchError(f"images: {given.dtype}, expected {told}")
        return given


def _copied(images: Any) -> Tensor:
    if not isinstance(images, np.ndarray):
        raise TypeError(type(images).__name__)
    return torch.tensor(np.ascontiguousarray(images))
