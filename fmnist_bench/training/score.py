"""Scoring: one pass of a trained model over a set, in file order."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from fmnist_bench.data.batches import Batch
from fmnist_bench.records.predictions import Predictions, from_log_probabilities
from fmnist_bench.records.record import Score


@dataclass(frozen=True)
class Scored:
    """What one pass found, and the true classes (n,)."""

    score: Score
    predictions: Predictions
    labels: NDArray[np.int64]


@torch.inference_mode()
def score(
    model: pl.LightningModule,
    batches: Iterable[Batch],
    *,
    device: torch.device,
    flip: bool,
    precision: AbstractContextManager[object],
    limit: int | None = None,
) -> Scored:
    """Score `model` on the first `limit` of `batches`, inside the autocast context `precision`.

    With `flip`, the probabilities of each image and its mirror image are averaged before
    the class is chosen.
    """
    model.eval()
    log_probabilities, labels = [], []
    with precision:
        for images, batch_labels in islice(batches, limit):
            log_probabilities.append(_log_probabilities(model, images.to(device), flip=flip))
            labels.append(batch_labels.to(device))
    outcome, truth = torch.cat(log_probabilities), torch.cat(labels)
    return Scored(
        Score(
            accuracy=float((outcome.argmax(1) == truth).double().mean()),
            # Minus infinity stands where a model names one class alone.
            loss=None if outcome.isneginf().any() else float(F.nll_loss(outcome.double(), truth)),
        ),
        from_log_probabilities(outcome.cpu().numpy()),
        truth.cpu().numpy(),
    )


def _log_probabilities(model: pl.LightningModule, images: Tensor, *, flip: bool) -> Tensor:
    plain = F.log_softmax(model(images).float(), 1)
    if not flip:
        return plain
    mirrored = F.log_softmax(model(images.flip(-1)).float(), 1)
    # Mean of two probabilities, in logarithms.
    return torch.logaddexp(plain, mirrored) - torch.log(torch.tensor(2.0, device=plain.device))
