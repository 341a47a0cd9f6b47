"""What a model costs: its parameters, its multiply-accumulates, and those of its training."""

from collections.abc import Sequence

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def parameter_count(net: nn.Module) -> int:
    """Return the number of trainable and frozen parameters; buffers do not count."""
    return sum(parameter.numel() for parameter in net.parameters())


def mac_count(model: nn.Module, image_shape: Sequence[int]) -> int:
    """Return the multiply-accumulates of classifying one image of (C, H, W).

    Counts convolutions, matrix products and attention as PyTorch's flop counter
    does, two flops to one multiply-accumulate; additions, normalisation,
    activations, pooling and resizing are not counted. Runs the plain model (not
    compiled, not wrapped) once in eval mode where its parameters lie, and leaves
    its modes, buffers and the random generators as they were. What a model without
    parameters does is not seen, and 0.
    """
    parameter = next(model.parameters(), None)
    if parameter is None:
        return 0
    image = torch.zeros(1, *image_shape, dtype=parameter.dtype, device=parameter.device)
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    modes = [(module, module.training) for module in model.modules()]
    devices = [parameter.device] if parameter.device.type == "cuda" else []
    counter = FlopCounterMode(display=False)
    model.eval()
    try:
        with torch.random.fork_rng(devices=devices), torch.no_grad(), counter:
            model(image)
    finally:
        for name, buffer in model.named_buffers():
            buffer.copy_(buffers[name])
        for module, training in modes:
            module.training = training  # train() would descend into the children
    return counter.get_total_flops() // 2


def training_macs(net: nn.Module, image_shape: Sequence[int]) -> int:
    """Return the multiply-accumulates of training `net` on one image of (C, H, W).

    Forward once, backward twice: for the weights and for what lies below them.
    """
    return 3 * mac_count(net, image_shape)
