"""A CNN made to learn in seconds: a whitening first layer that is computed, not trained."""

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fmnist_bench.errors import BenchError

_ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU}


class SpeedCNN(nn.Module):
    """Whitening convolution, 3x3 convolutions with batch norm, global max pooling, one dense layer.

    The first layer maps patches of k x k pixels onto the eigenvectors of their covariance,
    each scaled to variance 1, and onto the same with the sign turned: 2 k^2 channels. What
    follows sees decorrelated inputs from the first step on. Method: D. Page, "How to Train
    Your ResNet 8: Bag of Tricks" (2019), in the form of K. Jordan, arXiv:2404.00498,
    section 3.2. `initialise_from` computes it; until then it is as PyTorch made it.
    """

    def __init__(
        self,
        *,
        num_classes: int,
        patch: int,
        stride: int,
        widths: Sequence[int],
        pool: Sequence[bool],
        activation: str,
        logit_scale: float,
        whitening_images: int,
        whitening_epsilon: float,
    ) -> None:
        """Take `patch` (k, pixels) and `stride` of the first layer and the layers behind it.

        `pool[i]` halves the picture after the i-th convolution of `widths`. Logits are
        multiplied by `logit_scale`. `whitening_epsilon` is added to the patches' variances,
        in units of the scaled images, so that directions which hardly vary stay small.

        Raises:
            BenchError: `widths` and `pool` differ in length, or the activation is unknown.
        """
        super().__init__()
        if len(widths) != len(pool) or not widths:
            raise BenchError(
                f"model.net.pool: {len(pool)} entries for {len(widths)} widths; give one for each"
            )
        if activation not in _ACTIVATIONS:
            raise BenchError(
                f"model.net.activation: {activation!r} is unknown; choose one of "
                f"{', '.join(_ACTIVATIONS)}"
            )
        self.initial_images, self._epsilon = whitening_images, whitening_epsilon
        self._logit_scale = logit_scale
        channels = 2 * patch * patch
        self.whiten = nn.Conv2d(
            1, channels, patch, stride=stride, padding=(patch - 1) // 2, bias=False
        )
        self.whiten.weight.requires_grad_(False)
        act = _ACTIVATIONS[activation]
        layers: list[nn.Module] = [act()]
        for (before, after), halve in zip(pairwise((channels, *widths)), pool, strict=True):
            layers.append(nn.Conv2d(before, after, 3, padding=1, bias=False))
            # Pooling first leaves a quarter of the pixels to normalise.
            layers += [nn.MaxPool2d(2)] if halve else []
            layers += [nn.BatchNorm2d(after), act()]
        self.features = nn.Sequential(*layers, nn.AdaptiveMaxPool2d(1), nn.Flatten())
        self.head = nn.Linear(widths[-1], num_classes, bias=False)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (B, num_classes) for images (B, 1, 28, 28)."""
        logits: Tensor = self.head(self.features(self.whiten(images)))
        return logits * self._logit_scale

    @torch.no_grad()
    def initialise_from(self, images: Tensor) -> None:
        """Compute the first layer from scaled training images (N, 1, 28, 28); deterministic."""
        weight = self.whiten.weight
        size, padding = int(weight.shape[-1]), int(self.whiten.padding[0])
        patches = F.unfold(images.float(), size, padding=padding, stride=self.whiten.stride)
        patches = patches.transpose(1, 2).reshape(-1, size * size).double()
        # Uncentred: the mean over all pixels is near zero already, and a constant patch
        # should excite the filter for brightness.
        covariance = patches.T @ patches / len(patches)
        variances, vectors = torch.linalg.eigh(covariance)
        filters = (vectors / (variances + self._epsilon).sqrt()).T
        filters = filters.reshape(-1, 1, size, size)
        weight.copy_(torch.cat((filters, -filters)))
