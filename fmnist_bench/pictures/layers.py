"""The layers of a model: output shape, parameters and multiply-accumulates of each."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.model_summary.model_summary import ModelSummary
from torch import nn

from fmnist_bench.config.build import build
from fmnist_bench.training.contract import check_model


class Layer(NamedTuple):
    """One module of a net and what is its own, its parts' not counted.

    `shape` is that of its output for one image, None if it does not run in a forward pass.
    """

    name: str
    kind: str
    shape: tuple[int, ...] | None
    parameters: int
    macs: int


def layers_of(config: dict[str, Any]) -> list[Layer]:
    """Return the layers of the net that the frozen `config` describes, in order.

    A module with parts of its own is listed if it also has parameters or multiply-accumulates
    beside theirs, so that both columns add up to the net's; `nn.Identity` is left out.
    Multiply-accumulates are counted as a run counts them: `fmnist_bench.training.cost`.

    Raises:
        BenchError: the model's config is wrong.
    """
    model = check_model(build(config["model"], "model"), config["model"]["_target_"])
    net: Any = model.net
    summary = ModelSummary(_Wrapped(net), max_depth=-1)
    flops = {name: sum(counts.values()) for name, counts in summary.flop_counts.items()}
    shapes = dict(zip(summary.layer_names, summary.out_sizes, strict=True))
    layers = []
    for name, module in net.named_modules(prefix="net"):
        parts = [f"{name}.{part}" for part, _ in module.named_children()]
        own = flops[name] - sum(flops.get(part, 0) for part in parts)
        parameters = sum(each.numel() for each in module.parameters(recurse=False))
        if own or parameters or not (parts or isinstance(module, nn.Identity)):
            title = name.removeprefix("net").removeprefix(".") or "(net)"
            kind, shape = type(module).__name__, _shape(shapes[name])
            layers.append(Layer(title, kind, shape, parameters, own // 2))
    return layers


def layer_lines(layers: Sequence[Layer]) -> list[str]:
    """Return the table of `layers` as lines of text, the sums last."""
    rows = [("layer", "kind", "output", "parameters", "MACs")]
    for name, kind, shape, parameters, macs in layers:
        output = " x ".join(map(str, shape)) if shape else "-"
        rows.append((name, kind, output, f"{parameters:,}", f"{macs:,}"))
    parameters, macs = (sum(each) for each in list(zip(*layers, strict=True))[3:])
    rows.append(("total", "", "", f"{parameters:,}", f"{macs:,}"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    form = "  ".join(f"{{:{'<<<>>'[i]}{width}}}" for i, width in enumerate(widths))
    head, *lines, total = (form.format(*row) for row in rows)
    rule = "-" * len(head)
    return [head, rule, *lines, rule, total]


class _Wrapped(pl.LightningModule):
    """A net as Lightning's summary takes it, with one image to run through."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net
        self.example_input_array = torch.zeros(1, 1, 28, 28)

    def forward(self, images: torch.Tensor) -> Any:
        return self.net(images)


def _shape(size: Any) -> tuple[int, ...] | None:
    """Return the shape without its batch axis; of several outputs there is none to say."""
    plain = isinstance(size, list) and all(isinstance(each, int) for each in size)
    return tuple(size[1:]) if plain else None
