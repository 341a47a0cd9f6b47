"""Plain nets: one layer after another, as papers list them."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from fmnist_bench.errors import BenchError
from fmnist_bench.nets.plain_entries import RISING, Entry, Shape, layer_of, size_of


class PlainNet(nn.Module):
    """The layers of a list, each fed by the one before it.

    An entry is a word or names its kind first:

        conv: 32, kernel: 5, padding: same     stride: 1, bias: true unless said otherwise
        dense: 128                             max_norm: 3 limits each unit's weight vector
        max_pool: 2   avg_pool: 2              stride: its size, padding: valid unless said
        batch_norm: channels                   or columns; eps: 1e-5, momentum: 0.1 unless said
        dropout: 0.5   scale: 0.5   copy_channels: 3
        relu  elu  tanh  sigmoid  swish  log_sigmoid  flatten  unit_length

    `padding` is `same` (of an odd number of lines, the one more at the right and the bottom),
    `valid` (none) or a number. A rising activation right before max pooling is computed behind
    it: the same values, for a quarter of the work.
    """

    def __init__(
        self, *, layers: Sequence[Entry], num_classes: int, image_shape: Sequence[int]
    ) -> None:
        """Build the net for images of `image_shape` (C, H, W).

        Raises:
            BenchError: an entry is unknown or does not fit what comes before it, or the last
                one does not give `num_classes` values.
        """
        super().__init__()
        if not layers:
            raise BenchError("model.net.layers: the list is empty; name at least one layer")
        shape: Shape = tuple(image_shape)
        built: list[tuple[Entry, nn.Module]] = []
        for number, entry in enumerate(layers):
            try:
                layer = layer_of(entry, shape)
                shape = _shape_behind(layer, shape)
            except (BenchError, RuntimeError, TypeError, ValueError) as error:
                reason = str(error).splitlines()[0]
                raise BenchError(f"model.net.layers[{number}]: {_text(entry)}: {reason}") from None
            built.append((entry, layer))
        if shape != (num_classes,):
            raise BenchError(
                f"model.net.layers[{len(layers) - 1}]: {_text(layers[-1])}: ends with "
                f"{size_of(shape)}, expected {num_classes} values, one for each class"
            )
        self.layers = nn.Sequential(*(layer for _, layer in _pool_first(built))).train()

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, C, H, W) to scores (B, num_classes)."""
        scores: Tensor = self.layers(images)
        return scores


def _shape_behind(layer: nn.Module, shape: Shape) -> Shape:
    with torch.no_grad():
        return tuple(layer.eval()(torch.zeros(1, *shape)).shape[1:])


def _pool_first(built: list[tuple[Entry, nn.Module]]) -> list[tuple[Entry, nn.Module]]:
    ordered = list(built)
    for place in range(len(built) - 1):
        (entry, _), (pool, _) = ordered[place : place + 2]
        if isinstance(entry, str) and entry in RISING and "max_pool" in pool:
            ordered[place : place + 2] = ordered[place + 1], ordered[place]
    return ordered


def _text(entry: Entry) -> str:
    if isinstance(entry, Mapping):
        return ", ".join(f"{key} {value}" for key, value in entry.items())
    return str(entry)
