"""Grouped convolutions, depthwise ones above all, under bf16 autocast on a CPU."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

_SLOW_INPUT_PIXELS = 4


class CpuGroupedConv:
    """Computes in fp32 where bf16 is slow; mixed into a kind of convolution.

    In bf16 the gradients of a depthwise convolution with a stride, of one wider than 3x3 and of
    one on few pixels are left to oneDNN's reference code: 60 ms instead of 0.5 (torch 2.15, two
    cores, 128 x 576 images of 4x4, stride 2). Anywhere but in eager mode on a CPU nothing
    changes.
    """

    kernel_size: Any  # the convolution's
    stride: Any

    def forward(self, input: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, channels, height, width), in the type that autocast asks for."""
        forward: Callable[[Tensor], Tensor] = super().forward  # type: ignore[misc]  # the convolution's
        if (
            input.device.type != "cpu"
            or torch.compiler.is_compiling()
            or not torch.is_autocast_enabled("cpu")
            or self._is_fast(input)
        ):
            return forward(input)
        with torch.autocast("cpu", enabled=False):
            return forward(input.float()).to(torch.get_autocast_dtype("cpu"))

    def _is_fast(self, input: Tensor) -> bool:
        pixels = input.shape[2] * input.shape[3]
        return max(self.stride) == 1 and max(self.kernel_size) <= 3 and pixels > _SLOW_INPUT_PIXELS
