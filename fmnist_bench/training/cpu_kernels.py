"""Keeps a net away from CPU kernels that are slow for no good reason; what it computes stays."""

from collections.abc import Callable

import torch
from torch import Tensor, nn


def avoid_slow_kernels(net: nn.Module) -> None:
    """Change the layers of `net` that have faster equals on a CPU; in place.

    Parameters, their names and the net's outputs stay what they are, but for the rounding of
    grouped convolutions under bf16 autocast, which becomes finer. Nothing changes on a GPU.
    """
    for layer in net.modules():
        if isinstance(layer, nn.ReLU6):
            # hardtanh_ copies its input for the backward pass (torch 2.15); hardtanh keeps it.
            layer.inplace = False
        elif isinstance(layer, nn.Conv2d) and layer.groups > 1 and not isinstance(layer, _InFp32):
            # The same object, because others hold references to it.
            kind = type(layer)
            layer.__class__ = type(kind.__name__, (_InFp32, kind), {})


class _InFp32:
    """Computes in fp32 under bf16 autocast on a CPU; mixed into a kind of convolution.

    oneDNN's bf16 gradients of depthwise convolutions fall back to reference code: with a
    stride of 2, 163 ms of processor time against 25 for 128 x 96 images of 28x28.
    """

    def forward(self, input: Tensor) -> Tensor:
        forward: Callable[[Tensor], Tensor] = super().forward  # type: ignore[misc]  # the convolution's
        if input.is_cuda or not torch.is_autocast_enabled("cpu"):
            return forward(input)
        with torch.autocast("cpu", enabled=False):
            return forward(input.float()).to(torch.get_autocast_dtype("cpu"))
