"""Layers of published plain nets that torch has no module for."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class MaxNormLinear(nn.Linear):
    """A dense layer whose units' weight vectors are no longer than `max_norm`.

    Keras does this as a constraint after each step, which shortens what is too long. Nobody
    looks at the weights between a step and the next pass, so here a pass shortens them: the
    parameter itself in training, a copy of it otherwise, since what is scored must not change.
    Srivastava et al. 2014 (Dropout, JMLR 15), section 5.1.
    """

    def __init__(self, inputs: int, outputs: int, *, max_norm: float) -> None:
        super().__init__(inputs, outputs)
        self._max_norm = max_norm

    def shortened(self) -> Tensor:
        """Return the weights (outputs, inputs), each row no longer than the limit."""
        if not self.training:
            return torch.renorm(self.weight, 2, 0, self._max_norm)
        with torch.no_grad():
            self.weight.copy_(torch.renorm(self.weight, 2, 0, self._max_norm))
        return self.weight

    def forward(self, input: Tensor) -> Tensor:
        """Map (B, inputs) to (B, outputs)."""
        return F.linear(input, self.shortened(), self.bias)


class ColumnNorm(nn.BatchNorm2d):
    """Batch normalisation of the columns of pixels: W means and variances, not one a channel.

    What Keras's default axis, the last one, does to images whose channels come first.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        return super().forward(input.transpose(1, 3)).transpose(1, 3)


class Scale(nn.Module):
    """Multiplies by a constant."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self._factor = factor

    def forward(self, input: Tensor) -> Tensor:
        return input * self._factor


class CopyChannels(nn.Module):
    """Shows one channel as several equal ones, to a net that was made for colours."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count

    def forward(self, input: Tensor) -> Tensor:
        """Map (B, 1, H, W) to (B, count, H, W)."""
        return input.expand(-1, self._count, -1, -1)


class UnitLength(nn.Module):
    """Divides each image's vector by its length."""

    def forward(self, input: Tensor) -> Tensor:
        """Map (B, values) to the same shape, with rows of length 1."""
        return F.normalize(input)
