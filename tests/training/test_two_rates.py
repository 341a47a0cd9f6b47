from functools import partial

import pytest
import torch
from torch import nn

from fmnist_bench.training.schedules import constant
from fmnist_bench.training.two_rates import TwoRates


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(784, 4), nn.BatchNorm1d(4))
        self.head = nn.Linear(4, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(self.body(images))


@pytest.mark.parametrize("decay_norm_and_bias", [True, False])
def test_the_body_gets_a_share_of_the_rate_and_all_is_trained_once(
    decay_norm_and_bias: bool,
) -> None:
    net = Net()
    model = TwoRates(
        net,
        body_share=0.1,
        init=None,
        optimizer=partial(torch.optim.AdamW, lr=0.5, weight_decay=0.2),
        schedule=constant,
        loss=nn.CrossEntropyLoss(),
        metrics={},
        decay_norm_and_bias=decay_norm_and_bias,
    )
    groups = model.make_optimizer().param_groups
    found = [
        (parameter, group["lr"], group["weight_decay"])
        for group in groups
        for parameter in group["params"]
    ]
    assert len(found) == len(list(net.parameters()))
    rates = {id(parameter): (rate, decay) for parameter, rate, decay in found}
    for name, parameter in net.named_parameters():
        decay = 0.2 if decay_norm_and_bias or parameter.ndim == 2 else 0.0
        rate = 0.5 if name.startswith("head") else 0.05
        assert rates[id(parameter)] == (pytest.approx(rate), decay)
