"""Losses that torch lacks: scores (B, classes) and targets to a scalar.

Targets are labels (B,) int64 or, under mixing, probabilities (B, classes).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class SoftmaxBinaryCrossEntropy(nn.Module):
    """Binary cross-entropy of each of the softmax's outputs, averaged over classes and images.

    What training with a one-hot target and "binary cross-entropy" behind a softmax comes to:
    published row 14.
    """

    def forward(self, scores: Tensor, targets: Tensor) -> Tensor:
        probabilities = scores.float().softmax(1)
        return F.binary_cross_entropy(probabilities, _as_probabilities(scores, targets))


class SquaredHinge(nn.Module):
    """`c` times the sum, over images and classes, of max(0, 1 - y * score) squared.

    y is 1 for the image's class and -1 for the others. The L2-SVM of Tang 2013
    (arXiv:1306.0239), without the penalty on the weights, which a loss does not see:
    `fmnist_bench.training.svm_classifier` adds it.
    """

    def __init__(self, *, c: float) -> None:
        super().__init__()
        self._c = c

    def forward(self, scores: Tensor, targets: Tensor) -> Tensor:
        signs = 2 * _as_probabilities(scores, targets) - 1
        return self._c * (1 - signs * scores).clamp(min=0).square().sum()


class PairwiseLogistic(nn.Module):
    """How surely the image's class is ranked above each of the others, averaged over the pairs.

    For scores u of the class and v of another: log(e^u + e^v) - u. Published row 36.
    """

    def forward(self, scores: Tensor, targets: Tensor) -> Tensor:
        classes = scores.shape[1]
        # [image, other, true]; a class beside itself gives log 2, whatever its score.
        pairs = F.softplus(scores[:, :, None] - scores[:, None, :])
        apart = pairs * (1 - torch.eye(classes, device=scores.device))
        of_class = apart.sum(1) / (classes - 1)
        return (of_class * _as_probabilities(scores, targets)).sum(1).mean()


class CapsuleMargin(nn.Module):
    """The margin loss of capsule nets on the logarithms of the capsules' lengths.

    The class's capsule should be longer than 0.9, the others' shorter than 0.1, which count
    half; summed over classes, averaged over images (Sabour et al. 2017, arXiv:1710.09829,
    equation 4).
    """

    def forward(self, scores: Tensor, targets: Tensor) -> Tensor:
        lengths, present = scores.exp(), _as_probabilities(scores, targets)
        short = (0.9 - lengths).clamp(min=0).square()
        long = (lengths - 0.1).clamp(min=0).square()
        return (present * short + 0.5 * (1 - present) * long).sum(1).mean()


class OpenFaceTriplet(nn.Module):
    """The triplet loss of OpenFace on embeddings (B, values) of length 1 and labels (B,).

    Each ordered pair of one class, an image a and a later one p, gets one random image n of
    another class with |a - n|^2 < |a - p|^2 + `margin`; a pair without such an image counts
    not. The mean over the pairs of |a - p|^2 - |a - n|^2 + `margin` (Schroff et al. 2015,
    arXiv:1503.03832; Amos et al. 2016, OpenFace). Draws from torch's global generator.
    """

    def __init__(self, *, margin: float) -> None:
        super().__init__()
        self._margin = margin

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        distances = (2 - 2 * embeddings @ embeddings.T).clamp(min=0)
        same = labels[:, None] == labels
        # [a, p, n]: for each pair the images that are too close, and one of them by chance.
        near = distances[:, None, :] < distances[:, :, None] + self._margin
        near = near & ~same[:, None, :]
        chance = torch.rand(near.shape, device=near.device) * near
        chosen = chance.argmax(2)
        pairs = same.triu(1) & near.any(2)
        terms = distances - distances.gather(1, chosen) + self._margin
        return (terms * pairs).sum() / pairs.sum().clamp(min=1)


def _as_probabilities(scores: Tensor, targets: Tensor) -> Tensor:
    if targets.ndim == 2:
        return targets
    # Not F.one_hot, which reads the labels on the host.
    return (targets[:, None] == torch.arange(scores.shape[1], device=targets.device)).float()
