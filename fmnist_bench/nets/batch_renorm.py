"""Batch renormalisation of vectors."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_MOST_RATIO = 3.0
_MOST_SHIFT = 5.0


class BatchRenorm(nn.BatchNorm1d):
    """Batch normalisation that corrects each batch towards the running statistics.

    The corrections are constants, clipped: of the deviation to a factor of 3, of the mean to 5
    running deviations (Ioffe 2017, arXiv:1702.03275). Like the code of published row 16, the
    factor compares unbiased deviations.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Map (B, values) to the same shape."""
        if not self.training:
            return super().forward(input)
        running_mean, running_var = self.running_mean, self.running_var
        assert running_mean is not None and running_var is not None and self.momentum is not None
        with torch.no_grad():
            unbiased, mean = torch.var_mean(input, 0)
            ratio = (unbiased / running_var).sqrt().clamp(1 / _MOST_RATIO, _MOST_RATIO)
            shift = (mean - running_mean) / running_var.sqrt()
            shift = shift.clamp(-_MOST_SHIFT, _MOST_SHIFT)
            running_mean.lerp_(mean, self.momentum)
            running_var.lerp_(unbiased, self.momentum)
        normed = F.batch_norm(input, None, None, training=True, eps=self.eps)
        return (normed * ratio + shift) * self.weight + self.bias
