"""Whether 95 % intervals cover 95 %, by simulation on nets of known accuracy."""

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from fmnist_bench.board.bootstrap import TwoLevelBootstrap, stretched
from fmnist_bench.board.intervals import LEVEL, image_interval, seed_interval, spread
from fmnist_bench.board.ties import paired_tests

pytestmark = pytest.mark.slow

DRAWS = 4000
IMAGES = 2000
BLOCK = 100


def chances(random: np.random.Generator, size: int) -> NDArray[np.float64]:
    """Chance of each image to be classified rightly: mostly sure, some lost, some open."""
    return random.beta(1.2, 0.1, size)


def runs_of(
    random: np.random.Generator, chance: NDArray[np.float64], seeds: int, seed_spread: float
) -> NDArray[np.bool_]:
    """Correctness of `seeds` runs, each better or worse than the net's mean as a whole."""
    shift = random.normal(0, seed_spread, (seeds, 1))
    return random.random((seeds, len(chance))) < np.clip(chance + shift, 0, 1)


def true_accuracy(seed_spread: float) -> float:
    """Accuracy over all images and seeds, by a sample 400 times that of one draw."""
    random = np.random.default_rng(5)
    chance = chances(random, 2_000_000)
    shift = random.normal(0, seed_spread, len(chance))
    return float(np.clip(chance + shift, 0, 1).mean())


def covered(inside: Iterator[bool]) -> float:
    return float(np.mean(list(inside)))


def test_wilson_covers_one_nets_accuracy_on_all_images() -> None:
    random = np.random.default_rng(1)

    def draws() -> Iterator[bool]:
        for _ in range(DRAWS):
            interval = image_interval(random.binomial(10_000, 0.93) / 10_000, 10_000)
            yield interval.low <= 0.93 <= interval.high

    assert 0.94 <= covered(draws()) <= 0.96


@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_student_covers_the_mean_over_seeds_on_these_images(seeds: int) -> None:
    random = np.random.default_rng(2)
    chance = chances(random, IMAGES)
    shifts = np.random.default_rng(3).normal(0, 0.004, (4000, 1))
    truth = float(np.clip(chance + shifts, 0, 1).mean())

    def draws() -> Iterator[bool]:
        for _ in range(DRAWS):
            interval = seed_interval(runs_of(random, chance, seeds, 0.004).mean(axis=1))
            yield interval.low <= truth <= interval.high

    assert 0.94 <= covered(draws()) <= 0.96


@pytest.mark.parametrize("seed_spread", [0.0, 0.003, 0.01])
@pytest.mark.parametrize("seeds", [5, 10])
def test_two_level_bootstrap_covers_the_mean_over_seeds_and_images(
    seeds: int, seed_spread: float
) -> None:
    random = np.random.default_rng(4)
    truth = true_accuracy(seed_spread)
    bootstrap = TwoLevelBootstrap(IMAGES)

    def draws() -> Iterator[bool]:
        for _ in range(DRAWS // BLOCK):
            rows = [
                runs_of(random, chances(random, IMAGES), seeds, seed_spread) for _ in range(BLOCK)
            ]
            for row, means in zip(rows, bootstrap.means(rows), strict=True):
                parts = spread(row)
                low, high = stretched(means, float(row.mean()), parts.total, parts.freedom, LEVEL)
                yield low <= truth <= high

    assert 0.94 <= covered(draws()) <= 0.96


@pytest.mark.parametrize("seed_spread", [0.0, 0.004])
def test_paired_test_calls_equal_nets_different_one_time_in_twenty(seed_spread: float) -> None:
    random = np.random.default_rng(6)

    def draws() -> Iterator[bool]:
        for _ in range(DRAWS // 2):
            easy = chances(random, IMAGES)
            # Equal on average, not alike: the second net finds other images hard.
            other = np.where(random.random(IMAGES) < 0.2, chances(random, IMAGES), easy)
            rows = [runs_of(random, chance, 5, seed_spread) for chance in (easy, other)]
            hits = np.stack([row.sum(axis=0) for row in rows]).astype(float)
            yield bool(paired_tests(hits, [spread(row) for row in rows]).p[0, 1] < 0.05)

    assert 0.04 <= covered(draws()) <= 0.06
