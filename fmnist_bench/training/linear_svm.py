"""A linear support vector machine on vectors."""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from torch import Tensor


def fit_linear_svm(vectors: Tensor, labels: Tensor, *, classes: int, c: float) -> Tensor:
    """Return weights (classes, values + 1), of which the last column is the bias.

    Minimises for each class, against all others, half the squared length of its weights plus
    `c` times the sum over vectors (n, values) of max(0, 1 - y * score) squared: the problem
    that LIBLINEAR solves by default (Fan et al. 2008, JMLR 9), the bias being one more weight.
    Solved by L-BFGS in float64; the problem is convex, so no random start decides anything.
    """
    inputs = torch.cat((vectors.double(), vectors.new_ones(len(vectors), 1).double()), dim=1)
    signs = 2.0 * (labels[:, None] == torch.arange(classes, device=labels.device)).double() - 1
    scale = 1 / (c * len(vectors))  # keeps the gradient's size independent of how many there are

    def value_and_gradient(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = torch.from_numpy(flat).to(inputs.device).view(classes, -1)
        short = (1 - signs * (inputs @ weights.T)).clamp(min=0)
        value = weights.square().sum() / 2 + c * short.square().sum()
        gradient = weights - 2 * c * (signs * short).T @ inputs
        return scale * value.item(), (scale * gradient).flatten().cpu().numpy()

    start = np.zeros(classes * inputs.shape[1])
    options = {"maxiter": 2000, "gtol": 1e-7, "ftol": 1e-13}
    found = minimize(value_and_gradient, start, jac=True, method="L-BFGS-B", options=options)
    return torch.from_numpy(found.x).to(inputs.device).view(classes, -1)
