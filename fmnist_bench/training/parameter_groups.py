"""Which of a net's parameters are decayed."""

from typing import Any

from torch import nn


def parameter_groups(net: nn.Module, *, decay_norm_and_bias: bool) -> list[dict[str, Any]]:
    """Return one or two groups of `net`'s trainable parameters.

    Unless `decay_norm_and_bias`, parameters of fewer than two dimensions (biases, the
    scales of norm layers) get a group of their own without weight decay.
    """
    parameters = [parameter for parameter in net.parameters() if parameter.requires_grad]
    if decay_norm_and_bias:
        return [{"params": parameters}]
    decayed = [parameter for parameter in parameters if parameter.ndim >= 2]
    others = [parameter for parameter in parameters if parameter.ndim < 2]
    groups: list[dict[str, Any]] = [{"params": decayed}, {"params": others, "weight_decay": 0.0}]
    return [group for group in groups if group["params"]]
