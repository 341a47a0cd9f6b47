import numpy as np
import pytest
import torch
from sklearn.datasets import make_classification
from sklearn.svm import LinearSVC

from fmnist_bench.training.linear_svm import fit_linear_svm


@pytest.mark.parametrize("c", [0.01, 1.0])
def test_weights_are_liblinears(c: float) -> None:
    inputs, labels = make_classification(
        600, 12, n_informative=8, n_classes=4, class_sep=1.0, random_state=0
    )
    theirs = LinearSVC(C=c, dual=False, tol=1e-10, max_iter=10_000).fit(inputs, labels)
    found = fit_linear_svm(torch.from_numpy(inputs), torch.from_numpy(labels), classes=4, c=c)
    expected = np.column_stack((theirs.coef_, theirs.intercept_))
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_float32_vectors_and_a_class_that_is_absent() -> None:
    vectors, labels = torch.eye(3).repeat(5, 1), torch.tensor([0, 1, 3]).repeat(5)
    found = fit_linear_svm(vectors, labels, classes=4, c=10.0).float()
    scores = vectors @ found[:, :-1].T + found[:, -1]
    assert torch.equal(scores.argmax(1), labels)
    assert (scores[:, 2] < 0).all()
