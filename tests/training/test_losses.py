"""Each loss beside the same one in NumPy, written from its formula."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.metrics import log_loss
from torch import Tensor, nn

from fmnist_bench.training.losses import (
    CapsuleMargin,
    OpenFaceTriplet,
    PairwiseLogistic,
    SoftmaxBinaryCrossEntropy,
    SquaredHinge,
)

Array = NDArray[np.float64]
CLASSES = 10


@pytest.fixture
def scores() -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(12, CLASSES, generator=generator, dtype=torch.float64)


@pytest.fixture
def labels() -> Tensor:
    return torch.arange(12) * 7 % CLASSES


def softmax(scores: Array) -> Array:
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def test_softmax_binary_cross_entropy(scores: Tensor, labels: Tensor) -> None:
    probabilities = softmax(scores.numpy())
    each = [
        log_loss((labels == k).numpy(), probabilities[:, k], labels=[False, True])
        for k in range(CLASSES)
    ]
    loss = SoftmaxBinaryCrossEntropy()(scores, labels)
    assert loss.item() == pytest.approx(np.mean(each), rel=1e-5)


def test_softmax_binary_cross_entropy_survives_certainty() -> None:
    certain = torch.tensor([[200.0] + [-200.0] * 9], requires_grad=True)
    loss = SoftmaxBinaryCrossEntropy()(certain, torch.tensor([1]))
    loss.backward()
    assert loss.isfinite() and certain.grad is not None and certain.grad.isfinite().all()


def test_cross_entropy_on_log_sigmoids_is_kerass_on_sigmoids(
    scores: Tensor, labels: Tensor
) -> None:
    """Keras divides what it takes for probabilities by their sum: published row 27."""
    sigmoids = 1 / (1 + np.exp(-scores.numpy()))
    shares = sigmoids / sigmoids.sum(1, keepdims=True)
    loss = nn.CrossEntropyLoss()(nn.functional.logsigmoid(scores), labels)
    assert loss.item() == pytest.approx(log_loss(labels, shares, labels=range(CLASSES)))


def test_squared_hinge(scores: Tensor, labels: Tensor) -> None:
    expected = 0.0
    for row, label in zip(scores.tolist(), labels.tolist(), strict=True):
        for k, score in enumerate(row):
            expected += max(0.0, 1 - (1 if k == label else -1) * score) ** 2
    assert SquaredHinge(c=0.5)(scores, labels).item() == pytest.approx(0.5 * expected)


def test_pairwise_logistic(scores: Tensor, labels: Tensor) -> None:
    pairs = [
        np.log(np.exp(row[label]) + np.exp(row[other])) - row[label]
        for row, label in zip(scores.tolist(), labels.tolist(), strict=True)
        for other in range(CLASSES)
        if other != label
    ]
    assert len(pairs) == 12 * 9
    assert PairwiseLogistic()(scores, labels).item() == pytest.approx(np.mean(pairs))


def test_capsule_margin(labels: Tensor) -> None:
    lengths = torch.rand(12, CLASSES, dtype=torch.float64)
    present = np.eye(CLASSES)[labels.numpy()]
    each = present * np.maximum(0, 0.9 - lengths.numpy()) ** 2
    each += 0.5 * (1 - present) * np.maximum(0, lengths.numpy() - 0.1) ** 2
    loss = CapsuleMargin()(lengths.log(), labels)
    assert loss.item() == pytest.approx(each.sum(1).mean())


@pytest.mark.parametrize(
    "loss", [SoftmaxBinaryCrossEntropy(), SquaredHinge(c=1.0), PairwiseLogistic(), CapsuleMargin()]
)
def test_labels_count_like_probabilities_of_one(
    loss: nn.Module, scores: Tensor, labels: Tensor
) -> None:
    scores = -scores.abs()  # logarithms of lengths, too
    one_hot = nn.functional.one_hot(labels, CLASSES).float()
    assert loss(scores, labels).item() == pytest.approx(loss(scores, one_hot).item(), rel=1e-6)
    assert loss(scores, one_hot.roll(1, 1)).item() != pytest.approx(loss(scores, labels).item())


def embeddings(count: int) -> Tensor:
    vectors = torch.randn(count, 5, generator=torch.Generator().manual_seed(2)).double()
    return nn.functional.normalize(vectors)


def test_triplets_with_one_image_to_choose_from() -> None:
    """Of class 0 three images, of class 1 one: whoever is too close is that one."""
    vectors, labels, margin = embeddings(4), torch.tensor([0, 0, 1, 0]), 0.4
    v = vectors.numpy()
    terms = []
    for a, p in ((0, 1), (0, 3), (1, 3)):
        positive, negative = ((v[a] - v[p]) ** 2).sum(), ((v[a] - v[2]) ** 2).sum()
        if negative < positive + margin:
            terms.append(positive - negative + margin)
    assert len(terms) == 2  # for the third pair nobody is too close
    loss = OpenFaceTriplet(margin=margin)(vectors, labels)
    assert loss.item() == pytest.approx(np.mean(terms))


def test_triplets_draw_from_all_that_are_too_close() -> None:
    vectors, labels, margin = embeddings(9), torch.tensor([0, 0, 1, 2, 3, 4, 5, 6, 7]), 0.2
    v = vectors.numpy()
    positive = ((v[0] - v[1]) ** 2).sum()
    negatives = ((v[0] - v[2:]) ** 2).sum(1)
    near = negatives[negatives < positive + margin]
    assert 1 < len(near) < 7
    loss = OpenFaceTriplet(margin=margin)
    torch.manual_seed(0)
    drawn = {round(loss(vectors, labels).item(), 6) for _ in range(100)}
    assert drawn == {round(positive - negative + margin, 6) for negative in near}


def test_no_triplets_no_loss() -> None:
    vectors = torch.eye(4, requires_grad=True)
    loss = OpenFaceTriplet(margin=0.2)(vectors, torch.arange(4))
    loss.backward()
    assert loss.item() == 0
    assert vectors.grad is not None and not vectors.grad.any()
