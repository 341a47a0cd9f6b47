import copy

import numpy as np
import torch
from torch.optim import Adam

from fmnist_bench.training.amsgradw import AmsgradW


def optimizer(weight: torch.Tensor, weight_decay: float) -> AmsgradW:
    groups = [{"params": [weight]}]
    return AmsgradW(groups, lr=0.05, betas=(0.9, 0.99), eps=1e-8, weight_decay=weight_decay)


def gradients(count: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [
        torch.randn(5, generator=generator, dtype=torch.float64) * (3 if i % 4 == 0 else 0.1)
        for i in range(count)
    ]


def test_steps_are_those_of_the_sources_formula() -> None:
    weight = torch.nn.Parameter(torch.linspace(-1, 1, 5, dtype=torch.float64))
    stepping = optimizer(weight, weight_decay=0.01)
    w, m, v = weight.detach().numpy().copy(), np.zeros(5), np.zeros(5)
    remembered = 0
    for number, gradient in enumerate(gradients(20), start=1):
        weight.grad = gradient
        stepping.step()
        g, before = gradient.numpy(), v
        m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g**2
        remembered += int((before > v).sum())
        denominator = np.sqrt(np.maximum(v, before)) + 1e-8
        w = w - 0.05 / (1 - 0.9**number) * m / denominator - 0.01 * w
        np.testing.assert_allclose(weight.detach(), w, rtol=1e-12)
    assert remembered > 20  # the maximum decided something


def test_a_resumed_optimizer_takes_the_same_steps() -> None:
    weights = [torch.nn.Parameter(torch.ones(5, dtype=torch.float64)) for _ in range(2)]
    first, second = (optimizer(weight, 0.0) for weight in weights)
    for gradient in gradients(3):
        weights[0].grad = gradient
        first.step()
    weights[1].data.copy_(weights[0].data)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    for weight, each in zip(weights, (first, second), strict=True):
        weight.grad = torch.ones(5, dtype=torch.float64)
        each.step()
    assert torch.equal(weights[0], weights[1])


def test_it_is_not_adam() -> None:
    ours, theirs = (torch.nn.Parameter(torch.ones(5)) for _ in range(2))
    stepping, adam = optimizer(ours, 0.0), Adam([theirs], lr=0.05, betas=(0.9, 0.99))
    ours.grad = theirs.grad = torch.full((5,), 0.5)
    stepping.step()
    adam.step()
    # Adam's first step is the learning rate; without correction of the second moment it is ten.
    torch.testing.assert_close(1 - theirs.detach(), torch.full((5,), 0.05))
    torch.testing.assert_close(1 - ours.detach(), torch.full((5,), 0.5))
