"""The capsule net of published row 32."""

import torch
from torch import Tensor, nn

from fmnist_bench.errors import BenchError

_CHANNELS = 256
_PRIMARY_VALUES = 8
_PRIMARY = 6 * 6 * _CHANNELS // _PRIMARY_VALUES
_VALUES = 16
_TINY = 1e-7


class CapsuleNet(nn.Module):
    """Two convolutions, 1152 primary capsules of 8 values, one capsule of 16 for each class.

    Sabour, Frosst and Hinton 2017 (arXiv:1710.09829), sections 3 and 4, as X. Guo's Keras
    code has it: logits of the routing start at zero, are softened over the classes, and what
    the primary capsules predict is a constant in all rounds but the last. The decoder draws
    the image from the capsule of its class; scoring does not need it.

    Parameters for 10 classes: 8,215,568.

    Raises:
        BenchError: `routings` is below 1.
    """

    def __init__(self, *, num_classes: int, routings: int) -> None:
        super().__init__()
        if routings < 1:
            raise BenchError(f"model.net.routings: {routings}, expected at least 1")
        self._routings = routings
        self.conv = nn.Conv2d(1, _CHANNELS, kernel_size=9)
        self.primary = nn.Conv2d(_CHANNELS, _CHANNELS, kernel_size=9, stride=2)
        # One matrix from each primary capsule to each class.
        self.weight = nn.Parameter(torch.empty(num_classes, _PRIMARY, _VALUES, _PRIMARY_VALUES))
        # Glorot's bound for a tensor of this shape, of which the first two sides count as area.
        area = num_classes * _PRIMARY
        bound = (6 / (area * (_VALUES + _PRIMARY_VALUES))) ** 0.5
        nn.init.uniform_(self.weight, -bound, bound)
        self.decoder = nn.Sequential(
            nn.Linear(num_classes * _VALUES, 512),
            nn.ReLU(inplace=True),
            nn.Linear(512, 1024),
            nn.ReLU(inplace=True),
            nn.Linear(1024, 28 * 28),
            nn.Sigmoid(),
            nn.Unflatten(1, (1, 28, 28)),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, 1, 28, 28) to scores (B, num_classes)."""
        return scores_of(self.capsules(images))

    def capsules(self, images: Tensor) -> Tensor:
        """Map images (B, 1, 28, 28) to one capsule for each class (B, num_classes, 16)."""
        maps = self.primary(torch.relu(self.conv(images)))
        primary = _squash(maps.permute(0, 2, 3, 1).reshape(len(images), -1, _PRIMARY_VALUES))
        predicted = torch.einsum("kpvi,bpi->bkpv", self.weight, primary)
        constant = predicted.detach()
        logits = predicted.new_zeros(predicted.shape[:3])
        for _ in range(self._routings - 1):
            agreed = _squash(torch.einsum("bkp,bkpv->bkv", logits.softmax(1), constant))
            logits = logits + torch.einsum("bkv,bkpv->bkp", agreed, constant)
        return _squash(torch.einsum("bkp,bkpv->bkv", logits.softmax(1), predicted))

    def reconstruct(self, capsules: Tensor, labels: Tensor) -> Tensor:
        """Draw images (B, 1, 28, 28) in [0, 1] from the capsules of `labels` (B,)."""
        # Not F.one_hot, which reads the labels on the host.
        shown = labels[:, None] == torch.arange(capsules.shape[1], device=labels.device)
        drawn: Tensor = self.decoder((capsules * shown[:, :, None]).flatten(1))
        return drawn


def scores_of(capsules: Tensor) -> Tensor:
    """Return the logarithm of each capsule's length, so that a softmax divides by their sum."""
    return (capsules.square().sum(-1) + _TINY).log() / 2


def _squash(vectors: Tensor) -> Tensor:
    """Keep the direction of each vector of the last axis, and make long ones 1 long."""
    square = vectors.square().sum(-1, keepdim=True)
    return vectors * square / (1 + square) / (square + _TINY).sqrt()
