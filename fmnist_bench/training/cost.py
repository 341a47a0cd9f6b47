"""What a net costs: its parameters and its multiply-accumulates per image."""

import torch
from torch import nn
from torch.func import functional_call
from torch.utils.flop_counter import FlopCounterMode


def parameter_count(net: nn.Module) -> int:
    """Return the number of trainable and frozen parameters; buffers do not count."""
    return sum(parameter.numel() for parameter in net.parameters())


def mac_count(net: nn.Module) -> int:
    """Return the multiply-accumulates of classifying one image (1, 1, 28, 28).

    Counts convolutions, matrix products and attention as PyTorch's flop counter
    does, two flops to one multiply-accumulate; additions, normalisation,
    activations, pooling and resizing are not counted. Runs the plain net (not
    compiled, not wrapped) once in eval mode where its parameters lie, and leaves
    its mode, buffers and the random generators as they were.
    """
    parameter = next(net.parameters())
    image = torch.zeros(1, 1, 28, 28, dtype=parameter.dtype, device=parameter.device)
    buffers = {name: buffer.clone() for name, buffer in net.named_buffers()}
    modes = [(module, module.training) for module in net.modules()]
    devices = [parameter.device] if parameter.device.type == "cuda" else []
    counter = FlopCounterMode(display=False)
    net.eval()
    try:
        with torch.random.fork_rng(devices=devices), torch.no_grad(), counter:
            functional_call(net, buffers, (image,))
    finally:
        for module, training in modes:
            module.training = training  # train() would descend into the children
    return counter.get_total_flops() // 2
