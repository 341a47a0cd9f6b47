"""From one entry of a plain net's list to the layer that it names."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from fmnist_bench.errors import BenchError
from fmnist_bench.nets.plain_layers import (
    ColumnNorm,
    CopyChannels,
    MaxNormLinear,
    Scale,
    UnitLength,
)

Entry = str | Mapping[str, Any]
Shape = tuple[int, ...]
"""Of one image's values, without the batch: (C, H, W), or (values,) once they are flat."""

RISING: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "elu": nn.ELU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "log_sigmoid": nn.LogSigmoid,
}
"""Activations that never fall, so that they may change places with a maximum."""

_WORDS: dict[str, type[nn.Module]] = {
    **RISING,
    "swish": nn.SiLU,
    "flatten": nn.Flatten,
    "unit_length": UnitLength,
}


def layer_of(entry: Entry, shape: Shape) -> nn.Module:
    """Return the layer that `entry` names, for values of `shape`.

    Raises:
        BenchError: the kind or an option is unknown, missing, or does not fit the shape.
    """
    if isinstance(entry, str) and entry in _WORDS:
        return _WORDS[entry]()
    named: Mapping[str, Any] = {entry: None} if isinstance(entry, str) else entry
    kind = next((key for key in named if key in _KINDS), None)
    if kind is None:
        known = ", ".join(sorted([*_WORDS, *_KINDS]))
        raise BenchError(f"no kind of layer; choose one of {known}")
    if kind != "batch_norm" and not isinstance(named[kind], int | float):
        raise BenchError(f"{kind} needs a number, as in {kind}: 2")
    options = {key: value for key, value in named.items() if key != kind}
    _check_options(kind, options)
    return _KINDS[kind](shape, named[kind], **options)


def size_of(shape: Shape) -> str:
    """Return the shape in words."""
    return f"{shape[0]} values" if len(shape) == 1 else "x".join(map(str, shape))


def _check_options(kind: str, options: Mapping[str, Any]) -> None:
    known = dict(list(inspect.signature(_KINDS[kind]).parameters.items())[2:])
    for name in options:
        if name not in known:
            listed = f"it has {', '.join(known)}" if known else "it has none"
            raise BenchError(f"{name} is no option of {kind}; {listed}")
    for name, option in known.items():
        if option.default is option.empty and name not in options:
            raise BenchError(f"{kind} needs {name}")


def _conv(
    shape: Shape, width: int, *, kernel: int, padding: int | str, stride: int = 1, bias: bool = True
) -> nn.Module:
    before, after = _padding(shape, kernel, stride, padding)
    channels = shape[0]
    if before == after:
        return nn.Conv2d(channels, width, kernel, stride=stride, padding=before, bias=bias)
    conv = nn.Conv2d(channels, width, kernel, stride=stride, bias=bias)
    return nn.Sequential(nn.ZeroPad2d((before, after, before, after)), conv)


def _dense(shape: Shape, width: int, *, max_norm: float | None = None) -> nn.Module:
    if len(shape) != 1:
        raise BenchError(f"needs flat values and gets {size_of(shape)}; put flatten before it")
    if max_norm is None:
        return nn.Linear(shape[0], width)
    return MaxNormLinear(shape[0], width, max_norm=max_norm)


def _max_pool(
    shape: Shape, size: int, *, stride: int | None = None, padding: int | str = "valid"
) -> nn.Module:
    before, uneven = _pool_padding(shape, size, stride, padding)
    return nn.MaxPool2d(size, stride, padding=before, ceil_mode=uneven)


def _avg_pool(
    shape: Shape, size: int, *, stride: int | None = None, padding: int | str = "valid"
) -> nn.Module:
    before, uneven = _pool_padding(shape, size, stride, padding)
    # As in Keras, averages leave the padding out.
    return nn.AvgPool2d(size, stride, before, ceil_mode=uneven, count_include_pad=False)


def _batch_norm(
    shape: Shape, over: str | None, *, eps: float = 1e-5, momentum: float = 0.1
) -> nn.Module:
    if over == "columns":
        _check_image(shape)
        return ColumnNorm(shape[2], eps=eps, momentum=momentum)
    if over not in (None, "channels"):
        raise BenchError("it normalises channels or columns")
    norm = nn.BatchNorm1d if len(shape) == 1 else nn.BatchNorm2d
    return norm(shape[0], eps=eps, momentum=momentum)


# Each takes the shape before it, its value, and its options by name.
_KINDS: dict[str, Callable[..., nn.Module]] = {
    "conv": _conv,
    "dense": _dense,
    "max_pool": _max_pool,
    "avg_pool": _avg_pool,
    "batch_norm": _batch_norm,
    "dropout": lambda shape, rate: nn.Dropout(rate),
    "scale": lambda shape, factor: Scale(factor),
    "copy_channels": lambda shape, count: CopyChannels(count),
}


def _pool_padding(
    shape: Shape, size: int, stride: int | None, padding: int | str
) -> tuple[int, bool]:
    """Return the lines of padding before, and whether one more is needed behind."""
    before, after = _padding(shape, size, stride or size, padding)
    if before != after and stride == 1:
        raise BenchError(f"size {size} at stride 1 has no padding same; choose an odd size")
    return before, before != after


def _padding(shape: Shape, kernel: int, stride: int, padding: int | str) -> tuple[int, int]:
    """Return the lines of padding before and behind a square image, on each axis."""
    _check_image(shape)
    if isinstance(padding, int):
        return padding, padding
    if padding == "valid":
        return 0, 0
    if padding != "same":
        raise BenchError(f"padding {padding!r}; choose same, valid or a number")
    lines = max((-(-shape[1] // stride) - 1) * stride + kernel - shape[1], 0)
    return lines // 2, lines - lines // 2


def _check_image(shape: Shape) -> None:
    if len(shape) != 3:
        raise BenchError(f"needs an image and gets {size_of(shape)}; put it before flatten")
