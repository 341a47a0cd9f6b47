"""Convolutions in the two cases where oneDNN is slow on a CPU (torch 2.15, two cores, bf16)."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_PRODUCT_OUTPUT_PIXELS = 4


class CpuConv2d(nn.Conv2d):
    """A convolution with zero padding and one group; anywhere but on a CPU it is nn.Conv2d.

    - Onto at most 2x2 pixels it is one matrix product. ResNet18's last four convolutions at
      56x56 take 9 ms instead of 57 each, forward and backward: half of the net's step.
    - What it pads beyond half its kernel is padded before. Otherwise the gradient of the
      two-layer CNN's 3x3 weights takes 6.5 ms instead of 1.0, a sixth of the net's step.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, channels, height, width)."""
        return self.convolve(input, self.weight, self.bias)

    def convolve(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Map (B, C, H, W) to (B, channels, height, width) with these weights."""
        if input.device.type != "cpu" or torch.compiler.is_compiling():
            return self._plain(input, weight, bias)
        padding, stride, dilation = (
            _two(sides) for sides in (self.padding, self.stride, self.dilation)
        )
        kernel = _two(self.kernel_size)
        reach = [input.shape[2 + axis] + 2 * padding[axis] - 1 for axis in (0, 1)]
        reach = [reach[axis] - dilation[axis] * (kernel[axis] - 1) for axis in (0, 1)]
        size = (reach[0] // stride[0] + 1, reach[1] // stride[1] + 1)
        if 0 < size[0] * size[1] <= _PRODUCT_OUTPUT_PIXELS:
            padded = _padded(input, padding)
            return _product(padded, weight, bias, size, stride, dilation)
        more = _two([max(0, padding[axis] - kernel[axis] // 2) for axis in (0, 1)])
        if not any(more):
            return self._plain(input, weight, bias)
        left = (padding[0] - more[0], padding[1] - more[1])
        return F.conv2d(_padded(input, more), weight, bias, stride, left, dilation)

    def _plain(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        answer: Tensor = self._conv_forward(input, weight, bias)
        return answer


def _product(
    padded: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    size: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
) -> Tensor:
    if torch.is_autocast_enabled("cpu"):  # before the pixels are copied for every tap
        padded = padded.to(torch.get_autocast_dtype("cpu"))
    pixels = padded.permute(0, 2, 3, 1)
    spans = [(size[axis] - 1) * stride[axis] + 1 for axis in (0, 1)]
    taps = [
        pixels[:, top : top + spans[0] : stride[0], left : left + spans[1] : stride[1]]
        for top in range(0, weight.shape[2] * dilation[0], dilation[0])
        for left in range(0, weight.shape[3] * dilation[1], dilation[1])
    ]
    # (channels, taps x C): a view of weights in channels_last.
    flat = weight.permute(0, 2, 3, 1).flatten(1)
    return F.linear(torch.cat(taps, -1), flat, bias).permute(0, 3, 1, 2)


def _two(sides: Sequence[int] | str) -> tuple[int, int]:
    return int(sides[0]), int(sides[1])


def _padded(input: Tensor, by: tuple[int, int]) -> Tensor:
    return F.pad(input, (by[1], by[1], by[0], by[0])) if any(by) else input
