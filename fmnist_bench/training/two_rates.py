"""A classifier whose body learns more slowly than its head."""

from typing import Any

from torch import nn
from torch.optim import Optimizer

from fmnist_bench.training.classifier import Classifier
from fmnist_bench.training.parameter_groups import parameter_groups


class TwoRates(Classifier):
    """Gives `net.head` the optimizer's learning rate, and all else a share of it.

    As fastai trains what it takes over (Howard and Ruder 2018, arXiv:1801.06146, section 3.2).
    """

    def __init__(
        self, net: nn.Module, *, body_share: float, decay_norm_and_bias: bool, **parts: Any
    ) -> None:
        """Take the body's share of the learning rate, and what any classifier takes."""
        super().__init__(net, decay_norm_and_bias=decay_norm_and_bias, **parts)
        self._body_share, self._decays_all = body_share, decay_norm_and_bias

    def make_optimizer(self) -> Optimizer:
        """Return an optimizer with the groups of the body before those of the head."""
        head = self.net.head
        assert isinstance(head, nn.Module)
        of_head = parameter_groups(head, decay_norm_and_bias=self._decays_all)
        inside = {parameter for group in of_head for parameter in group["params"]}
        of_body = parameter_groups(self.net, decay_norm_and_bias=self._decays_all)
        for group in of_body:
            group["params"] = [each for each in group["params"] if each not in inside]
        optimizer = self._optimizer([*of_body, *of_head])
        for group in optimizer.param_groups[: len(of_body)]:
            group["lr"] *= self._body_share
        return optimizer
