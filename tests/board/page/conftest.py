"""Fixtures for the page: boards made in memory, and pictures that are none of a dataset's."""

import runpy
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fmnist_bench.board.collect import Collected, ScoredRun
from fmnist_bench.board.standings import Board, build_board

DATASETS = ("fashion_mnist", "mnist")


@pytest.fixture(scope="session")
def synthetic() -> SimpleNamespace:
    """The builder of synthetic runs, tests/board/synthetic.py."""
    return SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "synthetic.py")))


@pytest.fixture(scope="session")
def make_runs(synthetic: SimpleNamespace) -> Callable[..., list[ScoredRun]]:
    """Make a row's runs: seeds 0 to n-1 on each dataset that `accuracies` names."""

    def make(
        row: Any, accuracies: dict[str, float], seeds: int = 5, hard: int = 0, **changes: Any
    ) -> list[ScoredRun]:
        runs = []
        for dataset, accuracy in accuracies.items():
            net = synthetic.net(accuracy, disagreement=min(0.05, 1 - accuracy), seed=hard)
            labels = synthetic.labels(dataset)
            for seed in range(seeds):
                predictions = net.predictions(labels, seed + 1000 * sum(row.name.encode()))
                record = synthetic.record(row, dataset, seed, **changes)
                path = f"runs/{row.name}-{dataset}-{seed}"
                runs.append(ScoredRun(path, record, predictions, predictions.classes == labels))
        return runs

    return make


@pytest.fixture(scope="session")
def noise() -> dict[str, NDArray[np.uint8]]:
    """Test images of both datasets that cannot be compressed."""
    random = np.random.default_rng(0)
    return {name: random.integers(0, 256, (10_000, 28, 28), np.uint8) for name in DATASETS}


@pytest.fixture(scope="session")
def make_board() -> Callable[[list[ScoredRun]], Board]:
    return lambda runs: build_board(Collected(tuple(runs)))
