"""What an export is made of, before any of it is written, and whether it says what torch says."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from fmnist_bench import __version__
from fmnist_bench.inference.trained import TrainedRun
from fmnist_bench.records.identity import canonical_json

INPUT = "images"
OUTPUTS = ("logits", "probabilities")
TOLERANCE = 1e-3
"""Largest difference of a probability that rounding may explain."""

_ODD = (1, 7)

Pixels = NDArray[Any]
"""Images (N, C, H, W): uint8, 0 to 255, as the dataset's files have them, or float32, scaled."""
Answer = Callable[[Pixels], tuple[NDArray[np.float32], NDArray[np.float32]]]
"""Gives logits and probabilities, both (N, classes), by reading the exported bytes back."""


@dataclass(frozen=True)
class Exported:
    """`files` maps a file's suffix to its content; `answer` runs that content on pixels."""

    files: dict[str, bytes]
    answer: Answer
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Agreement:
    """How far an export is from PyTorch: images of another class, largest absolute differences.

    `batches` are the batch sizes it was asked with.
    """

    images: int
    batches: tuple[int, ...]
    other_classes: int
    logits: float
    probabilities: float

    @property
    def good(self) -> bool:
        """Same classes everywhere, and probabilities within `TOLERANCE`; never with NaN."""
        return self.other_classes == 0 and self.probabilities <= TOLERANCE


def compare(run: TrainedRun, answer: Answer, pixels: Pixels) -> Agreement:
    """Ask the export and `run` the same about `pixels`, in batches of 1, 7 and the rest."""
    splits = [end for end in np.cumsum(_ODD).tolist() if end < len(pixels)]
    parts = np.split(pixels, splits)
    answers = [answer(np.ascontiguousarray(part)) for part in parts]
    theirs = [np.concatenate(each) for each in zip(*answers, strict=True)]
    ours = [each.numpy() for each in run.outputs(torch.from_numpy(pixels))]
    return Agreement(
        images=len(pixels),
        batches=tuple(len(part) for part in parts),
        other_classes=int((theirs[0].argmax(1) != ours[0].argmax(1)).sum()),
        logits=float(np.abs(theirs[0] - ours[0]).max()),
        probabilities=float(np.abs(theirs[1] - ours[1]).max()),
    )


def example(run: TrainedRun) -> torch.Tensor:
    """Return two images for a tracer: from one, it would take the batch for a constant."""
    return torch.zeros(2, *run.image_shape, dtype=run.dtype)


def answering(module: torch.nn.Module) -> Answer:
    """Return what asks `module`, read back from exported bytes."""

    @torch.no_grad()
    def answer(pixels: Pixels) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        logits, probabilities = module(torch.from_numpy(pixels))
        return logits.numpy(), probabilities.numpy()

    return answer


def metadata(run: TrainedRun) -> dict[str, str]:
    """Return what a user of the exported file needs to know, as text; the recipe as JSON."""
    record, shape = run.record, ", ".join(map(str, run.image_shape))
    recipe = record.recipe or {}
    scaled = run.dtype == torch.float32
    taken = f"float32 (batch, {shape}), scaled" if scaled else f"uint8 (batch, {shape}), 0 to 255"
    return {
        "run": run.name,
        "row": record.row.name,
        "identity": record.identity,
        "dataset": record.dataset,
        "class_names": json.dumps(run.class_names),
        "input": f"{INPUT}: {taken}",
        "outputs": f"{' and '.join(OUTPUTS)}: float32 (batch, {len(run.class_names)})",
        "pixel_scaling": json.dumps(record.data.pixel_scaling),
        "test_time_flip": json.dumps(recipe.get("test_time_flip")),
        "scored_in": str(record.precision),
        "test_accuracy": json.dumps(record.test.accuracy if record.test else None),
        "recipe": canonical_json(recipe),
        "fmnist_bench": __version__,
    }
