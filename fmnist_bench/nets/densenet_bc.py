"""The DenseNet-BC of published row 20."""

from collections import OrderedDict

from torch import nn
from torchvision.models import DenseNet


def densenet_bc(*, growth: int, depth: int, relu_first: bool, num_classes: int) -> nn.Module:
    """Return torchvision's DenseNet with the three blocks and the stem that small images get.

    "Densely Connected Convolutional Networks" (Huang et al. 2016, arXiv:1608.06993): `depth`
    is 6n + 4 for n bottlenecks in each block, each adding `growth` channels; the transitions
    halve channels and size. With `relu_first` they rectify before they normalise. It maps
    images (B, 1, 28, 28) to scores (B, num_classes).

    Parameters for growth 12, depth 100 and 10 classes: 768,730.
    """
    net = DenseNet(
        growth_rate=growth,
        block_config=((depth - 4) // 6,) * 3,
        num_init_features=2 * growth,
        num_classes=num_classes,
    )
    net.features.conv0 = nn.Conv2d(1, 2 * growth, kernel_size=3, padding=1, bias=False)
    for name in ("norm0", "relu0", "pool0"):
        setattr(net.features, name, nn.Identity())
    if relu_first:
        for name, layer in list(net.features.named_children()):
            if name.startswith("transition"):
                parts = dict(layer.named_children())
                order = ("relu", "norm", "conv", "pool")
                swapped = nn.Sequential(OrderedDict((each, parts[each]) for each in order))
                setattr(net.features, name, swapped)
    built: nn.Module = net
    return built
