import numpy as np
import pytest
import torch
from torchmetrics.functional.classification import multiclass_calibration_error

from fmnist_bench.board.calibration import BINS, calibration_error


def torchmetrics_error(confidence: np.ndarray, correct: np.ndarray) -> float:
    """The same quantity of two-class predictions with that confidence and that outcome."""
    share = torch.tensor(confidence, dtype=torch.float64)
    probabilities = torch.stack([share, 1 - share], 1)
    probabilities[:, 1] = torch.minimum(probabilities[:, 1], share - 1e-9)
    target = torch.tensor(~correct).long()
    return float(
        multiclass_calibration_error(probabilities, target, num_classes=2, n_bins=BINS, norm="l1")
    )


def test_it_is_torchmetrics() -> None:
    random = np.random.default_rng(0)
    confidence = random.uniform(0.5, 1, 10_000).astype(np.float16)
    correct = random.random(10_000) < 1.5 - confidence  # too shy below 0.75, too sure above
    assert calibration_error(confidence, correct) == pytest.approx(
        torchmetrics_error(confidence, correct), abs=1e-4
    )


def test_a_net_sure_of_everything_is_off_by_its_errors() -> None:
    correct = np.arange(10) < 7
    assert calibration_error(np.ones(10, np.float16), correct) == pytest.approx(0.3)


def test_no_confidence_at_all_falls_in_the_lowest_bin() -> None:
    assert calibration_error(np.zeros(4, np.float16), np.zeros(4, bool)) == 0
