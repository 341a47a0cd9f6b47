"""A classifier whose body learns more slowly than its head."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from torch import nn
from torch.optim import Optimizer

from fmnist_bench.training.classifier import Classifier


class TwoRates(Classifier):
    """Gives `net.head` the optimizer's learning rate, and all else a share of it.

    As fastai trains what it takes over (Howard and Ruder 2018, arXiv:1801.06146, section 3.2).
    """

    def __init__(
        self,
        net: nn.Module,
        *,
        body_share: float,
        optimizer: "partial[Optimizer]",
        parameter_groups: Sequence[Mapping[str, Any]] = (),
        **parts: Any,
    ) -> None:
        """Take the body's share of the learning rate, and what any classifier takes."""
        rate = optimizer.keywords["lr"]
        super().__init__(
            net,
            optimizer=partial(optimizer, lr=body_share * rate),
            parameter_groups=[{"parameters": "head.*", "lr": rate}, *parameter_groups],
            **parts,
        )
