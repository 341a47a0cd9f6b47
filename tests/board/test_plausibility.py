"""False alarms and power of the plausibility checks, by simulation.

A row of the model is a probit net: image i is wrong in a run where
`level + easy * hardness_i + own * row_i + noise * run_i` is above 0, all of them standard normal,
`hardness` shared by all rows. The ranges of its parameters give figures that reach from the least
to the most of the real rows, and beyond.
"""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtri
from sklearn.metrics import roc_auc_score

from fmnist_bench.board.plausibility import (
    LEAST_AGREEMENT,
    LEAST_HARDNESS,
    MOST_AGREEMENT,
    agreement,
    ordered,
    shared_hardness,
)

IMAGES, SEEDS = 10_000, 2


@dataclass(frozen=True)
class World:
    """How hard images are: for all, and as a board of ten rows shows it."""

    latent: NDArray[np.float32]
    hardness: NDArray[np.float64]


def row(world: World, draw: np.random.Generator, accuracy: float) -> NDArray[np.bool_]:
    """Mistakes of two seeds of one net, shape (2, images)."""
    # Shares of the variance: what all nets find hard, what this row does, what a run does.
    run = draw.uniform(0.005, 0.45)
    own = draw.uniform(0.02, 0.25) * (1 - run)
    parts = [
        np.sqrt(1 - run - own) * world.latent,
        np.sqrt(own) * draw.standard_normal(IMAGES, np.float32),
        np.sqrt(run) * draw.standard_normal((SEEDS, IMAGES), np.float32),
    ]
    return np.asarray(parts[0] + parts[1] + parts[2] > ndtri(accuracy))


@pytest.fixture(scope="module")
def world() -> World:
    draw = np.random.default_rng(0)
    latent = draw.standard_normal(IMAGES, np.float32)
    alone = World(latent, np.zeros(IMAGES))
    board = [row(alone, draw, accuracy).mean(axis=0) for accuracy in np.linspace(0.85, 0.95, 10)]
    return World(latent, np.mean(board, axis=0))


def trips(world: World, wrong: NDArray[np.bool_]) -> bool:
    phi = agreement(wrong)[np.triu_indices(len(wrong), 1)]
    shared = min(shared_hardness(each, world.hardness) for each in wrong)
    return bool(
        shared < LEAST_HARDNESS or phi.max() > MOST_AGREEMENT or phi.mean() < LEAST_AGREEMENT
    )


def test_fewer_than_one_in_a_thousand_rows_of_nets_trips(world: World) -> None:
    draw = np.random.default_rng(1)
    found = [trips(world, row(world, draw, draw.uniform(0.8, 0.996))) for _ in range(3000)]
    assert not any(found)  # so at most 1 in 1,000, at 95 % confidence


def test_the_simulated_rows_are_as_wide_apart_as_the_real_ones(world: World) -> None:
    draw = np.random.default_rng(2)
    wrong = [row(world, draw, draw.uniform(0.84, 0.996)) for _ in range(200)]
    shared = [shared_hardness(each[0], world.hardness) for each in wrong]
    phi = [agreement(each)[0, 1] for each in wrong]
    # Of the real: 0.508 to 0.922, and 0.269 to 0.969, a row's mean from 0.37.
    assert np.quantile(shared, 0.02) < 0.6 and max(shared) > 0.85
    assert min(phi) < 0.3 and max(phi) > 0.8


@pytest.mark.parametrize("accuracy", [0.85, 0.96, 0.995])
def test_independent_mistakes_always_trip(world: World, accuracy: float) -> None:
    draw = np.random.default_rng(3)
    assert all(trips(world, draw.random((SEEDS, IMAGES)) > accuracy) for _ in range(100))


@pytest.mark.parametrize("images", [0, 1, 4])
def test_copies_with_a_few_images_changed_always_trip(world: World, images: int) -> None:
    draw = np.random.default_rng(4)
    for _ in range(100):
        wrong = row(world, draw, draw.uniform(0.8, 0.95))
        wrong[1] = wrong[0]
        wrong[1, draw.integers(0, IMAGES, images)] ^= True
        assert trips(world, wrong)


def test_confidence_that_orders_is_the_area_that_sklearn_has() -> None:
    draw = np.random.default_rng(5)
    right = draw.random(IMAGES) < 0.9
    confidence = np.clip(draw.normal(0.7 + 0.2 * right, 0.15), 0, 1).astype(np.float16)
    assert ordered(confidence, right) == pytest.approx(roc_auc_score(right, confidence))
