"""A finished run as something that classifies images."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from fmnist_bench.data.facts import dataset_facts
from fmnist_bench.errors import BenchError
from fmnist_bench.inference.graph import Graph
from fmnist_bench.records.record import Record

_BATCH = 1000


@dataclass(frozen=True)
class Prediction:
    """What a run says about N images.

    `classes` (N,) int64 are the likeliest classes, `names` what they are called, and
    `probabilities` (N, 10) float32 those of all classes. Tensors lie on the CPU.
    """

    classes: Tensor
    probabilities: Tensor
    names: tuple[str, ...]


class TrainedRun:
    """A run's net with its trained weights. `load_run` makes one."""

    def __init__(
        self,
        folder: Path,
        record: Record,
        graph: Graph,
        *,
        trust: Collection[str],
        device: torch.device,
    ) -> None:
        """Take the run's folder, record and graph, and the foreign code that it may call."""
        self.folder = folder
        self.record = record
        self.trust = trust
        self.graph = graph.to(device).eval()
        self._device = device

    @property
    def name(self) -> str:
        """Name of the run's folder."""
        return self.folder.resolve().name

    @property
    def net(self) -> nn.Module:
        """The net alone, from scaled images to logits."""
        return self.graph.net

    @property
    def class_names(self) -> tuple[str, ...]:
        """What the ten classes are called, in the order of the probabilities."""
        return dataset_facts(self.record.dataset).class_names

    def predict(self, images: Tensor) -> Prediction:
        """Classify images (N, 28, 28) or (N, 1, 28, 28) in the dataset's style.

        That is a light subject on black: uint8 from 0 to 255 as the dataset's files have
        it, or floats from 0 to 1. The arithmetic is in 32-bit floats also for a run that
        was scored in bfloat16. Thousands of images at once are taken in batches.

        Raises:
            BenchError: another shape, type or range.
        """
        _, probabilities = self.outputs(_as_pixels(images))
        classes = probabilities.argmax(1)
        names = self.class_names
        return Prediction(classes, probabilities, tuple(names[c] for c in classes.tolist()))

    @torch.inference_mode()
    def outputs(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits and probabilities, both (N, 10) on the CPU, for (N, 1, 28, 28) pixels.

        Raises:
            BenchError: the net does not give ten logits for an image.
        """
        logits, probabilities = [torch.empty(0, 10)], [torch.empty(0, 10)]
        for part in torch.split(pixels, _BATCH) if len(pixels) else ():
            found = self.graph(part.to(self._device))
            if found[0].shape != (len(part), 10):
                raise BenchError(
                    f"{self.name}: its net gives {tuple(found[0].shape)} for {len(part)} images, "
                    "expected 10 logits for each"
                )
            logits.append(found[0].cpu())
            probabilities.append(found[1].cpu())
        return torch.cat(logits), torch.cat(probabilities)


def _as_pixels(images: Tensor) -> Tensor:
    """Return `images` as (N, 1, 28, 28) with values from 0 to 255."""
    if not isinstance(images, Tensor):
        raise BenchError(
            f"images: {type(images).__name__}, expected a torch tensor; use torch.as_tensor"
        )
    shape = tuple(images.shape)
    if images.ndim not in (3, 4) or shape[-2:] != (28, 28) or (len(shape) == 4 and shape[1] != 1):
        raise BenchError(f"images: shape {shape}, expected (N, 28, 28) or (N, 1, 28, 28)")
    pixels = images.reshape(-1, 1, 28, 28)
    if images.dtype == torch.uint8:
        return pixels
    if not images.is_floating_point():
        raise BenchError(
            f"images: {images.dtype}, expected uint8 from 0 to 255 or floats from 0 to 1"
        )
    # Written so that NaN, which compares as false, is refused too.
    if not bool(((pixels >= 0) & (pixels <= 1)).all()):
        raise BenchError(
            "images: float values outside 0 to 1; divide by 255, and leave the rest of the "
            "scaling to the run"
        )
    return pixels.float() * 255
