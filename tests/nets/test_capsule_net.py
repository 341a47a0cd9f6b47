"""The capsules beside NumPy, written from the paper's formulas."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from fmnist_bench.errors import BenchError
from fmnist_bench.nets.capsule_net import CapsuleNet, scores_of

Array = NDArray[np.float64]


@pytest.fixture(scope="module")
def net() -> CapsuleNet:
    torch.manual_seed(0)
    return CapsuleNet(num_classes=10, routings=3)


@pytest.fixture(scope="module")
def strong() -> CapsuleNet:
    """One whose capsules are long enough for the rounds of the routing to differ."""
    torch.manual_seed(0)
    made = CapsuleNet(num_classes=10, routings=3)
    with torch.no_grad():
        made.weight.mul_(1000)
    return made


def squash(s: Array) -> Array:
    square = (s**2).sum(-1, keepdims=True)
    return square / (1 + square) * s / np.sqrt(square + 1e-7)


def capsules(net: CapsuleNet, images: torch.Tensor) -> Array:
    maps = net.primary(torch.relu(net.conv(images))).detach().double().numpy()
    # Eight channels of a place are one capsule, as Keras's channels-last reshape has it.
    count = len(maps)
    primary = squash(maps.transpose(0, 2, 3, 1).reshape(count, 36, 32, 8).reshape(count, 1152, 8))
    weight = net.weight.detach().double().numpy()
    predicted = np.stack(
        [[w @ u for w, u in zip(weight[k], primary[0], strict=True)] for k in range(10)]
    )
    logits = np.zeros((10, 1152))
    for round_ in range(3):
        coupling = np.exp(logits) / np.exp(logits).sum(0)
        v = squash((coupling[:, :, None] * predicted).sum(1))
        if round_ < 2:
            logits = logits + (predicted * v[:, None]).sum(2)
    return v


def test_capsules_follow_the_paper(strong: CapsuleNet) -> None:
    image = torch.rand(1, 1, 28, 28)
    expected = capsules(strong, image)
    np.testing.assert_allclose(strong.capsules(image)[0].detach(), expected, atol=1e-4)
    once = CapsuleNet(num_classes=10, routings=1)
    once.load_state_dict(strong.state_dict())
    assert np.abs(once.capsules(image)[0].detach().numpy() - expected).max() > 0.01


def test_scores_give_lengths_as_shares(strong: CapsuleNet) -> None:
    images = torch.rand(3, 1, 28, 28)
    with torch.no_grad():
        lengths = strong.capsules(images).norm(dim=2)
        shares = strong(images).softmax(1)
    torch.testing.assert_close(shares, lengths / lengths.sum(1, keepdim=True), rtol=1e-2, atol=1e-4)
    assert (lengths < 1).all()
    short = torch.zeros(1, 10, 16)
    assert scores_of(short).isfinite().all()


def test_matrices_start_within_kerass_bound(net: CapsuleNet) -> None:
    assert net.weight.abs().max().item() == pytest.approx(0.00466, rel=0.01)


def test_only_the_capsule_of_the_class_is_drawn(net: CapsuleNet) -> None:
    given = torch.randn(2, 10, 16)
    labels = torch.tensor([3, 7])
    drawn = net.reconstruct(given, labels)
    assert drawn.shape == (2, 1, 28, 28)
    assert ((drawn > 0) & (drawn < 1)).all()
    others = given.clone()
    others[0, 4] += 1
    assert torch.equal(net.reconstruct(others, labels), drawn)
    others[0, 3] += 1
    assert not torch.equal(net.reconstruct(others, labels)[0], drawn[0])


def test_gradients_take_the_couplings_for_constants(strong: CapsuleNet) -> None:
    image = torch.rand(1, 1, 28, 28)
    v = strong.capsules(image)[0]
    (found,) = torch.autograd.grad(v[:, 0].sum(), strong.weight)

    maps = strong.primary(torch.relu(strong.conv(image))).detach()
    primary = maps[0].permute(1, 2, 0).reshape(1152, 8)
    primary = torch.from_numpy(squash(primary.double().numpy()))
    weight = strong.weight.detach().double().requires_grad_()
    predicted = torch.einsum("kpvi,pi->kpv", weight, primary)
    logits = torch.zeros(10, 1152, dtype=torch.float64)
    for round_ in range(3):
        total = (logits.softmax(0)[:, :, None] * predicted).sum(1)
        square = total.square().sum(1, keepdim=True)
        expected = square / (1 + square) * total / (square + 1e-7).sqrt()
        if round_ < 2:
            logits = logits + (predicted * expected[:, None]).sum(2).detach()
    (gradient,) = torch.autograd.grad(expected[:, 0].sum(), weight)
    torch.testing.assert_close(
        found.double(), gradient, rtol=1e-2, atol=1e-3 * gradient.abs().max()
    )


def test_no_round_is_refused() -> None:
    with pytest.raises(BenchError, match=r"model\.net\.routings: 0, expected at least 1"):
        CapsuleNet(num_classes=10, routings=0)
