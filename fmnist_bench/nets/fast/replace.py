"""Which layers of a net have a faster equal on a CPU."""

from torch import nn

from fmnist_bench.nets.fast.conv import CpuConv2d
from fmnist_bench.nets.fast.dropout import CpuDropout
from fmnist_bench.nets.fast.grouped_conv import CpuGroupedConv
from fmnist_bench.nets.fast.relu6 import CpuReLU6
from fmnist_bench.nets.fast.stem import CpuStem, begins_like_a_stem


def replace_slow_layers(net: nn.Module) -> list[str]:
    """Change the layers of `net` that have faster equals on a CPU; in place.

    Returns the names of the kinds that it put in.

    Parameters, their names and what the net computes stay; grouped convolutions and the first
    normalization round less under bf16 autocast, and dropout draws other masks. Nothing
    changes on a GPU.
    """
    # Layers change their class and stay the same objects, because others may refer to them.
    for layer in net.modules():
        if type(layer) is nn.ReLU6:
            layer.__class__ = CpuReLU6
        elif type(layer) is nn.Dropout:
            layer.__class__ = CpuDropout
        elif type(layer) is nn.Conv2d and _is_wide(layer):
            layer.__class__ = CpuConv2d
        elif isinstance(layer, nn.Conv2d) and layer.groups > 1:
            kind = type(layer)
            if not issubclass(kind, CpuGroupedConv):
                layer.__class__ = type(kind.__name__, (CpuGroupedConv, kind), {})
    for layer in net.modules():
        if isinstance(layer, nn.Sequential) and begins_like_a_stem(layer):
            layer.__class__ = CpuStem
    fast = (CpuReLU6, CpuDropout, CpuConv2d, CpuGroupedConv, CpuStem)
    kinds = [kind for kind in fast if any(isinstance(layer, kind) for layer in net.modules())]
    return sorted(kind.__name__ for kind in kinds)


def _is_wide(layer: nn.Conv2d) -> bool:
    """Whether `layer` looks at more than one pixel, in all channels, and pads with zeros."""
    plain = layer.groups == 1 and layer.padding_mode == "zeros"
    return plain and not isinstance(layer.padding, str) and max(layer.kernel_size) > 1
