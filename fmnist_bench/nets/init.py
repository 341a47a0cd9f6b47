"""What weights start from, as `model.init` of a config names it.

Each function changes a net in place, returns it, and draws from torch's global generator.
Parameters that it does not name stay as PyTorch made them: weights and biases of convolutions
and dense layers uniform within +-1/sqrt(inputs of a unit), batch normalisation 1 and 0.
"""

import math
from collections.abc import Iterator

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from fmnist_bench.errors import BenchError

BATCH_NORM_STD = 0.02
"""Spread of the initial batch-norm weights about 1; DCGAN's choice (Radford et al. 2015,
arXiv:1511.06434), as the reference says "normal" and gives no figure."""

_TWO_SIGMA_STD = 0.87962566103423978
"""Standard deviation of a unit normal that is cut off at two standard deviations."""

_CONVOLUTIONS = ("default", "xavier_uniform", "xavier_normal")


def xavier_(net: nn.Module) -> nn.Module:
    """Initialise `net` as reference system 5.

    Weights of convolutions and dense layers are drawn from Xavier's uniform
    distribution (Glorot and Bengio 2010), weights of batch normalisation from
    N(1, 0.02); all their biases are zero.
    """
    for layer in _weighted(net):
        nn.init.xavier_uniform_(layer.weight)
        _zero_bias(layer)
    for norm in _norms(net):
        nn.init.normal_(norm.weight, mean=1.0, std=BATCH_NORM_STD)
        nn.init.zeros_(norm.bias)
    return net


def keras_(net: nn.Module) -> nn.Module:
    """Initialise `net` as Keras does: Glorot's uniform distribution, zero biases."""
    for layer in _weighted(net):
        nn.init.xavier_uniform_(layer.weight)
        _zero_bias(layer)
    return net


def keras_small_first_conv_(net: nn.Module) -> nn.Module:
    """As `keras_`, but the first convolution starts small: published row 7.

    Its weights are uniform within +-0.05, its biases normal with standard deviation 0.05.

    Raises:
        BenchError: the net has no convolution.
    """
    keras_(net)
    first = next((layer for layer in _weighted(net) if isinstance(layer, nn.Conv2d)), None)
    if first is None:
        raise BenchError("model.init: keras_small_first_conv_ needs a net with a convolution")
    nn.init.uniform_(first.weight, -0.05, 0.05)
    if first.bias is not None:
        nn.init.normal_(first.bias, std=0.05)
    return net


def keras_he_normal_(net: nn.Module) -> nn.Module:
    """Initialise `net` as Keras's `he_normal`, with zero biases.

    Weights are normal, cut off at two standard deviations; what is left has variance
    2 / inputs of a unit (He et al. 2015, arXiv:1502.01852).
    """
    for layer in _weighted(net):
        std = math.sqrt(2 / layer.weight[0].numel()) / _TWO_SIGMA_STD
        nn.init.trunc_normal_(layer.weight, std=std, a=-2 * std, b=2 * std)
        _zero_bias(layer)
    return net


def pytorch_2017_(net: nn.Module, *, conv: str) -> nn.Module:
    """Initialise `net` as PyTorch before 1.2, and Torch7, did.

    Weights of batch normalisation are uniform within 0 and 1. Those of convolutions are
    PyTorch's `default`, or `xavier_uniform`, or `xavier_normal`.

    Raises:
        BenchError: `conv` is none of these.
    """
    if conv not in _CONVOLUTIONS:
        raise BenchError(f"model.init.conv: {conv!r}; choose {', '.join(_CONVOLUTIONS)}")
    for norm in _norms(net):
        nn.init.uniform_(norm.weight)
    for layer in _weighted(net):
        if isinstance(layer, nn.Conv2d) and conv != "default":
            draw = nn.init.xavier_uniform_ if conv == "xavier_uniform" else nn.init.xavier_normal_
            draw(layer.weight)
    return net


def he_fan_out_(net: nn.Module) -> nn.Module:
    """Initialise convolutions as the first PyTorch code of residual nets did.

    Weights are normal with variance 2 / (kernel area x output channels).
    """
    for layer in _weighted(net):
        if isinstance(layer, nn.Conv2d):
            area = math.prod(layer.kernel_size)
            nn.init.normal_(layer.weight, std=math.sqrt(2 / (area * layer.out_channels)))
    return net


def cool_name_(net: nn.Module) -> nn.Module:
    """Initialise `net` as published row 16, its frozen layers left alone.

    Convolutions: Xavier's normal distribution, wider by the root of 2; dense layers: uniform,
    variance 2 / the units that an input feeds (He et al. 2015, by outputs).
    """
    for layer in _weighted(net):
        if isinstance(layer, nn.Conv2d):
            nn.init.xavier_normal_(layer.weight, gain=math.sqrt(2))
        else:
            nn.init.kaiming_uniform_(layer.weight, mode="fan_out")
        _zero_bias(layer)
    return net


def _weighted(net: nn.Module) -> Iterator[nn.Conv2d | nn.Linear]:
    """Yield the trainable convolutions and dense layers."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.Linear) and module.weight.requires_grad:
            yield module


def _norms(net: nn.Module) -> Iterator[_BatchNorm]:
    """Yield the batch normalisations that have trainable weights."""
    for module in net.modules():
        if isinstance(module, _BatchNorm) and module.affine and module.weight.requires_grad:
            yield module


def _zero_bias(layer: nn.Conv2d | nn.Linear) -> None:
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
