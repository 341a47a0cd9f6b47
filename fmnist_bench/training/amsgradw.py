"""The optimizer of published row 16, as its author coded it."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer


class AmsgradW(Optimizer):
    """Adam whose second moment is the larger of this step's and the one before.

    AMSGrad (Reddi et al. 2018, arXiv:1904.09237) keeps the largest of all steps; this code
    forgets all but the last. Only the first moment is corrected for its start at zero.
    `weight_decay` is the share of a weight that every step takes away, whatever the learning
    rate. The moments of a parameter begin when it has its first gradient.
    """

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        *,
        lr: float,
        betas: tuple[float, float],
        eps: float,
        weight_decay: float,
    ) -> None:
        defaults = {"lr": lr, "betas": tuple(betas), "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Take one step; `closure`, where there is one, computes the loss that is returned."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, parameter.grad, group)
        return loss

    def _update(self, weight: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state = self.state[weight]
        if not state:
            state["step"] = 0
            state["first"] = torch.zeros_like(weight)
            state["second"] = torch.zeros_like(weight)
        state["step"] += 1
        first, second = state["first"], state["second"]
        beta1, beta2 = group["betas"]
        before = second.clone()
        first.lerp_(gradient, 1 - beta1)
        second.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        size = group["lr"] / (1 - beta1 ** state["step"])
        weight.mul_(1 - group["weight_decay"])
        weight.addcdiv_(
            first, torch.maximum(second, before).sqrt_().add_(group["eps"]), value=-size
        )
