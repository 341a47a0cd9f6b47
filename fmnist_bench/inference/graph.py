"""From stored pixels to probabilities in one module: what `predict` runs and `export` writes."""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Graph(nn.Module):
    """The scaling of the data, the model, and the mean over mirrored images.

    In 32-bit floats, whatever precision the run trained and was scored in.
    """

    _factor: Tensor
    _offset: Tensor

    def __init__(
        self, model: nn.Module, scaling: Sequence[tuple[float, float]] | None, *, flip: bool
    ) -> None:
        """Take what gives scores, each channel's factor and offset, and whether to mirror too.

        Without `scaling`, images come as the run's data module served them.
        """
        super().__init__()
        self.model, self._flip = model, flip
        pairs = torch.tensor(scaling or [(1.0, 0.0)]).T[..., None, None]
        self.register_buffer("_factor", pairs[0], persistent=False)
        self.register_buffer("_offset", pairs[1], persistent=False)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Map images (N, C, H, W), 0 to 255, to logits and probabilities, both (N, classes).

        With mirrored images the logits are the logarithm of the mean of both probabilities.
        """
        scaled = images.float() * self._factor + self._offset
        logits: Tensor = self.model(scaled)
        if self._flip:
            plain = F.log_softmax(logits, 1)
            mirrored = F.log_softmax(self.model(scaled.flip(-1)), 1)
            logits = torch.logaddexp(plain, mirrored) - math.log(2)
        return logits, F.softmax(logits, 1)
