from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from torch import Tensor
from xgboost import XGBClassifier

from fmnist_bench.errors import BenchError
from fmnist_bench.nets.estimator_net import LEAST, EstimatorNet


class Nearest:
    """Names the class whose mean image is closest, and nothing else."""

    def fit(self, values: NDArray[Any], labels: NDArray[Any]) -> None:
        self.means = np.stack([values[labels == label].mean(0) for label in range(10)])

    def predict(self, values: NDArray[Any]) -> NDArray[np.int64]:
        return ((values[:, None] - self.means) ** 2).sum(2).argmin(1)


class Stopping(Nearest):
    """Keeps what it was given to stop by."""

    def fit(self, values: Any, labels: Any, eval_set: Any = None, verbose: bool = True) -> None:
        super().fit(values, labels)
        self.values, self.labels, self.held, self.verbose = values, labels, eval_set, verbose


@pytest.fixture(scope="module")
def digits() -> tuple[Tensor, Tensor]:
    values, labels = load_digits(return_X_y=True)
    return torch.from_numpy(values).float().view(-1, 1, 8, 8)[:500], torch.from_numpy(labels)[:500]


def fitted(digits: tuple[Tensor, Tensor], estimator: Any, seed: int = 0, **more: Any) -> Any:
    given = {"features": {}, "held_out": None, "num_classes": 10} | more
    net = EstimatorNet(estimator=estimator, **given)
    assert torch.equal(net(digits[0][:3]), torch.zeros(3, 10))
    net.fit(*digits, seed=seed)
    return net


@pytest.mark.parametrize(
    "make",
    [
        lambda: DecisionTreeClassifier(max_depth=4),
        lambda: RandomForestClassifier(n_estimators=5),
        lambda: GaussianNB(),
        lambda: KNeighborsClassifier(5, weights="distance", p=1),
        lambda: OneVsRestClassifier(LogisticRegression(solver="liblinear", l1_ratio=1)),
        lambda: HistGradientBoostingClassifier(max_iter=2),
        lambda: XGBClassifier(n_estimators=2),
    ],
)
def test_scores_are_the_logarithms_of_the_estimators_probabilities(
    digits: tuple[Tensor, Tensor], make: Callable[[], Any]
) -> None:
    estimator = make()
    scores = fitted(digits, estimator)(digits[0]).numpy()
    values = digits[0].flatten(1).numpy().astype(np.float64)
    assert np.array_equal(scores.argmax(1), estimator.predict(values))
    expected = np.maximum(estimator.predict_proba(values), LEAST)
    np.testing.assert_allclose(np.exp(scores), expected, rtol=1e-4)


def test_without_probabilities_decision_values_are_the_scores(
    digits: tuple[Tensor, Tensor],
) -> None:
    estimator = SVC(C=10, break_ties=True)
    net = fitted(digits, estimator, features={"scale": StandardScaler()})
    by_hand = StandardScaler().fit_transform(digits[0].flatten(1).numpy().astype(np.float64))
    again = SVC(C=10, break_ties=True).fit(by_hand, digits[1].numpy())
    scores = net(digits[0][:100]).numpy()
    np.testing.assert_allclose(scores, again.decision_function(by_hand[:100]), rtol=1e-5)
    assert np.array_equal(scores.argmax(1), again.predict(by_hand[:100]))


def test_with_neither_a_class_stands_alone(digits: tuple[Tensor, Tensor]) -> None:
    estimator = Nearest()
    scores = fitted(digits, estimator)(digits[0][:50])
    told = estimator.predict(digits[0][:50].flatten(1).numpy())
    assert scores.argmax(1).tolist() == told.tolist()
    assert scores.isneginf().sum(1).tolist() == [9] * 50


def test_what_is_drawn_follows_the_seed(digits: tuple[Tensor, Tensor]) -> None:
    def scores(seed: int) -> Tensor:
        found: Tensor = fitted(digits, RandomForestClassifier(n_estimators=5), seed)(digits[0])
        return found

    assert torch.equal(scores(1), scores(1))
    assert not torch.equal(scores(1), scores(2))


def test_what_is_held_out_is_a_share_of_each_class_and_never_fitted(
    digits: tuple[Tensor, Tensor],
) -> None:
    estimator = Stopping()
    fitted(digits, estimator, held_out=0.2)
    ((held, labels),) = estimator.held
    assert (len(held), len(estimator.values), estimator.verbose) == (100, 400, False)
    np.testing.assert_allclose(np.bincount(labels), np.bincount(estimator.labels) / 4, atol=1)
    together = np.concatenate((held, estimator.values))
    assert len(np.unique(together, axis=0)) == len(np.unique(digits[0].flatten(1), axis=0))


def test_what_does_not_fit_is_refused(digits: tuple[Tensor, Tensor]) -> None:
    with pytest.raises(BenchError, match=r"net\.estimator: dict has no fit; name a class of sci"):
        fitted(digits, {})
    with pytest.raises(BenchError, match=r"net\.estimator: StandardScaler has no predict"):
        fitted(digits, StandardScaler())
    with pytest.raises(BenchError, match=r"net\.features\.x: SVC has no transform"):
        fitted(digits, Nearest(), features={"x": SVC()})
    with pytest.raises(BenchError, match=r"held_out: 1\.5, expected null or between"):
        fitted(digits, Nearest(), held_out=1.5)
    with pytest.raises(BenchError, match=r"net: 10 of 11 classes among the training images"):
        net = EstimatorNet(estimator=Nearest(), features={}, held_out=None, num_classes=11)
        net.fit(*digits, seed=0)
    with pytest.raises(BenchError, match=r"answers \[9, 45\], expected \[9, 10\]; set decision"):
        fitted(digits, SVC(decision_function_shape="ovo"))(digits[0][:9])
