"""Lets an estimator of scikit-learn's interface answer like a net."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits
from torch import Tensor, nn

from fmnist_bench.errors import BenchError

LEAST = float(np.finfo(np.float64).eps)
"""What counts for a probability of zero, as in scikit-learn's log_loss."""


class EstimatorNet(nn.Module):
    """Has nothing that steps could train: `fit` does it all, once.

    An image's scores are the logarithms of `predict_proba`, at least `LEAST`; without that
    method, those of `decision_function`, whose softmax nobody fitted to be a probability; and
    of an estimator that has neither, 0 for the class of `predict` and minus infinity for others.
    """

    def __init__(
        self,
        *,
        estimator: Any,
        features: Mapping[str, Any],
        held_out: float | None,
        num_classes: int,
    ) -> None:
        """Take the estimator, and transformers that are fitted and applied in their order.

        `held_out` is the share of the training images, equal in each class, that the estimator
        is given as its `eval_set` instead, for it to stop early by.

        Raises:
            BenchError: estimator or transformer lacks a method, or `held_out` is no share.
        """
        super().__init__()
        _check("model.net.estimator", estimator, ("fit", "predict"))
        for name, transformer in features.items():
            _check(f"model.net.features.{name}", transformer, ("fit", "transform"))
        if held_out is not None and not 0 < held_out < 1:
            raise BenchError(f"model.net.held_out: {held_out}, expected null or between 0 and 1")
        self._estimator, self._features = estimator, list(features.values())
        self._held_out, self._classes, self._fitted = held_out, num_classes, False

    def fit(self, images: Tensor, labels: Tensor, *, seed: int) -> None:
        """Fit to images (N, C, H, W) and labels (N,), on as many threads as torch has.

        What the estimator draws is a function of `seed`.

        Raises:
            BenchError: a class has no image.
        """
        values, truth = _flat(images), labels.numpy()
        if len(np.unique(truth)) != self._classes:
            raise BenchError(
                f"model.net: {len(np.unique(truth))} of {self._classes} classes among the training "
                "images; give it more, or set model.net.num_classes"
            )
        given: dict[str, Any] = {}
        with threadpool_limits(torch.get_num_threads()):
            for transformer in self._features:
                values = transformer.fit(values, truth).transform(values)
            if self._held_out is not None:
                values, held, truth, held_truth = train_test_split(
                    values, truth, test_size=self._held_out, stratify=truth, random_state=seed
                )
                given = {"eval_set": [(held, held_truth)], "verbose": False}
            _settle(self._estimator, seed, torch.get_num_threads())
            self._estimator.fit(values, truth, **given)
        self._fitted = True

    @torch.compiler.disable  # type: ignore[untyped-decorator]  # torch leaves it untyped
    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, C, H, W) to scores (B, classes); to zeros before `fit`.

        Raises:
            BenchError: the estimator does not answer with one value for each class.
        """
        if not self._fitted:
            return images.new_zeros(len(images), self._classes)
        with threadpool_limits(torch.get_num_threads()):
            values = _flat(images)
            for transformer in self._features:
                values = transformer.transform(values)
            scores = self._scores(values)
        if scores.shape != (len(images), self._classes):
            raise BenchError(
                f"model.net.estimator: answers {list(scores.shape)}, expected "
                f"{[len(images), self._classes]}; set decision_function_shape=ovr, if it has that"
            )
        return torch.from_numpy(scores).float()

    def _scores(self, values: NDArray[Any]) -> NDArray[np.float64]:
        if hasattr(self._estimator, "predict_proba"):
            shares = np.asarray(self._estimator.predict_proba(values), np.float64)
            return np.log(np.clip(shares, LEAST, None))
        if hasattr(self._estimator, "decision_function"):
            return np.asarray(self._estimator.decision_function(values), np.float64)
        told = np.asarray(self._estimator.predict(values))
        return np.where(told[:, None] == np.arange(self._classes), 0.0, -np.inf)


def _check(key: str, found: Any, methods: tuple[str, ...]) -> None:
    for method in methods:
        if not callable(getattr(found, method, None)):
            raise BenchError(
                f"{key}: {type(found).__name__} has no {method}; name a class of scikit-learn's "
                f"interface with {key}._target_"
            )


def _flat(images: Tensor) -> NDArray[np.float64]:
    return images.flatten(1).numpy().astype(np.float64)


def _settle(estimator: Any, seed: int, threads: int) -> None:
    """Set the estimator's seeds, and its threads unless it hands them to processes."""
    known = estimator.get_params() if hasattr(estimator, "get_params") else {}
    given = {name: seed for name in known if name.rpartition("__")[2] == "random_state"}
    if "n_jobs" in known and "estimator" not in known:
        given["n_jobs"] = threads
    if given:
        estimator.set_params(**given)
