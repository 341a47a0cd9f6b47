"""The whitening layer against NumPy and scikit-learn, and the layers behind it."""

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from fmnist_bench.errors import BenchError
from fmnist_bench.nets.speed_cnn import SpeedCNN

ARGUMENTS: dict[str, Any] = {
    "num_classes": 10,
    "patch": 3,
    "stride": 2,
    "widths": [16, 24],
    "pool": [True, False],
    "activation": "relu",
    "logit_scale": 0.5,
    "whitening_images": 50,
    "whitening_epsilon": 0.0,
}


def smooth_images(count: int) -> torch.Tensor:
    """Neighbouring pixels that go together, as in pictures."""
    generator = torch.Generator().manual_seed(3)
    noise = torch.randn(count, 1, 30, 30, generator=generator)
    return torch.nn.functional.avg_pool2d(noise, 3, stride=1)


def whitened(net: SpeedCNN, images: torch.Tensor) -> torch.Tensor:
    """Responses (k^2, n) of the first half of the filters."""
    channels = net.whiten(images).transpose(0, 1).flatten(1)
    return channels[: len(channels) // 2].detach().double()


def test_responses_are_uncorrelated_and_of_unit_power() -> None:
    net = SpeedCNN(**ARGUMENTS)
    images = smooth_images(50)
    before = whitened(net, images)
    assert not torch.allclose(before @ before.T / before.shape[1], torch.eye(9).double(), atol=0.1)
    net.initialise_from(images)
    after = whitened(net, images)
    torch.testing.assert_close(
        after @ after.T / after.shape[1], torch.eye(9).double(), atol=1e-4, rtol=0
    )


def test_filters_are_the_principal_components() -> None:
    """Up to sign, those of scikit-learn on the patches, which are centred by hand."""
    net = SpeedCNN(**{**ARGUMENTS, "stride": 1})
    images = smooth_images(50)
    net.initialise_from(images)
    padded = np.pad(images[:, 0].numpy(), ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2)).reshape(-1, 9)
    # Uncentred: patches and their negatives have mean zero.
    components = PCA().fit(np.concatenate([windows, -windows])).components_
    ours = net.whiten.weight[:9].detach().reshape(9, 9).numpy()
    ours = ours / np.linalg.norm(ours, axis=1, keepdims=True)
    largest = ours[::-1]  # scikit-learn lists the largest variance first
    np.testing.assert_allclose(np.abs(np.sum(largest * components, axis=1)), 1, atol=1e-3)


def test_epsilon_keeps_directions_without_variance_small() -> None:
    flat = torch.ones(20, 1, 28, 28)
    net = SpeedCNN(**{**ARGUMENTS, "whitening_epsilon": 0.01})
    net.initialise_from(flat)
    assert float(net.whiten.weight.detach().abs().max()) <= 10  # 1 / sqrt(epsilon)


def test_the_first_layer_is_not_trained_and_the_others_are() -> None:
    net = SpeedCNN(**ARGUMENTS)
    net(smooth_images(4)).sum().backward()
    gradients = {name: p.grad is not None for name, p in net.named_parameters()}
    assert gradients.pop("whiten.weight") is False
    assert all(gradients.values())


def test_logits_scale() -> None:
    torch.manual_seed(0)
    one = SpeedCNN(**ARGUMENTS).eval()
    images = smooth_images(4)
    plain = one.head(one.features(one.whiten(images)))
    torch.testing.assert_close(one(images), plain * 0.5)


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"pool": [True]}, "model.net.pool"),
        ({"widths": [], "pool": []}, "model.net.pool"),
        ({"activation": "tanhh"}, "model.net.activation"),
    ],
)
def test_wrong_arguments_are_named(change: dict[str, Any], names: str) -> None:
    with pytest.raises(BenchError, match=names):
        SpeedCNN(**{**ARGUMENTS, **change})
