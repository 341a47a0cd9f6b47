"""From stored pixels to probabilities in one module: what `predict` runs and `export` writes."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fmnist_bench.data.scaling import Scaling


class Graph(nn.Module):
    """The scaling of the data, the net with its resize, and the mean over mirrored images.

    In 32-bit floats, whatever precision the run trained and was scored in.
    """

    def __init__(self, net: nn.Module, scaling: Scaling, *, flip: bool) -> None:
        """Take the net, the scaling it was trained with, and whether mirrored images count too."""
        super().__init__()
        self.net = net
        self._scaling = scaling
        self._flip = flip

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Map images (N, 1, 28, 28), 0 to 255, to logits and probabilities, both (N, classes).

        With mirrored images the logits are the logarithm of the mean of both probabilities.
        """
        scaled = self._scaling(images)
        logits: Tensor = self.net(scaled)
        if self._flip:
            plain = F.log_softmax(logits, 1)
            mirrored = F.log_softmax(self.net(scaled.flip(-1)), 1)
            logits = torch.logaddexp(plain, mirrored) - math.log(2)
        return logits, F.softmax(logits, 1)
