"""Weight initialisation of reference system 5."""

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

BATCH_NORM_STD = 0.02
"""Spread of the initial batch-norm weights about 1; DCGAN's choice (Radford et al. 2015,
arXiv:1511.06434), as the reference says "normal" and gives no figure."""


def xavier_(net: nn.Module) -> nn.Module:
    """Initialise `net` in place and return it.

    Weights of convolutions and dense layers are drawn from Xavier's uniform
    distribution (Glorot and Bengio 2010), weights of batch normalisation from
    N(1, 0.02); all their biases are zero. Other parameters stay as they are.
    Draws from torch's global generator.
    """
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(module.weight)
        elif isinstance(module, _BatchNorm) and module.affine:
            nn.init.normal_(module.weight, mean=1.0, std=BATCH_NORM_STD)
        else:
            continue
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    return net
