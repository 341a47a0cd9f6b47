"""Scoring: one pass of a trained net over a set, in file order."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fmnist_bench.data.batches import Batch
from fmnist_bench.records.predictions import Predictions
from fmnist_bench.records.record import Score


@dataclass(frozen=True)
class Scored:
    """What one pass found."""

    score: Score
    predictions: Predictions


@torch.inference_mode()
def score(
    net: nn.Module,
    batches: Iterable[Batch],
    *,
    flip: bool,
    precision: AbstractContextManager[object],
) -> Scored:
    """Score `net` on `batches`, inside the autocast context `precision`.

    With `flip`, the probabilities of each image and its mirror image are averaged before
    the class is chosen.
    """
    net.eval()
    log_probabilities, labels = [], []
    with precision:
        for images, batch_labels in batches:
            log_probabilities.append(_log_probabilities(net, images, flip=flip))
            labels.append(batch_labels)
    outcome, truth = torch.cat(log_probabilities), torch.cat(labels)
    confidence, classes = outcome.max(1)
    return Scored(
        Score(
            accuracy=float((classes == truth).double().mean()),
            loss=float(F.nll_loss(outcome.double(), truth)),
        ),
        Predictions(
            classes=classes.cpu().numpy().astype(np.uint8),
            confidence=confidence.exp().clamp(max=1).cpu().numpy().astype(np.float16),
        ),
    )


def _log_probabilities(net: nn.Module, images: Tensor, *, flip: bool) -> Tensor:
    plain = F.log_softmax(net(images).float(), 1)
    if not flip:
        return plain
    mirrored = F.log_softmax(net(images.flip(-1)).float(), 1)
    # Mean of two probabilities, in logarithms.
    return torch.logaddexp(plain, mirrored) - torch.log(torch.tensor(2.0, device=plain.device))
