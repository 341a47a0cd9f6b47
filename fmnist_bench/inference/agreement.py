"""Whether an exported file says what PyTorch says."""

from dataclasses import dataclass

import numpy as np
import torch

from fmnist_bench.inference.formats.exported import Answer, Pixels
from fmnist_bench.inference.trained import TrainedRun

TOLERANCE = 1e-3
"""Largest difference of a probability that rounding may explain."""

_ODD = (1, 7)


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
