import numpy as np
import pytest
import scipy.stats
from numpy.typing import NDArray

from fmnist_bench.board.bootstrap import TwoLevelBootstrap
from fmnist_bench.board.intervals import (
    image_interval,
    seed_interval,
    spread,
    total_intervals,
)


def correctness(seed: int, runs: int, images: int = 500) -> NDArray[np.bool_]:
    random = np.random.default_rng(seed)
    chance = random.beta(1.2, 0.2, images)
    shift = random.normal(0, 0.02, (runs, 1))
    return random.random((runs, images)) < np.clip(chance + shift, 0, 1)


def test_seed_interval_is_scipys() -> None:
    accuracies = np.array([0.91, 0.92, 0.905, 0.915, 0.92])
    expected = scipy.stats.t.interval(
        0.95, df=4, loc=accuracies.mean(), scale=scipy.stats.sem(accuracies)
    )
    found = seed_interval(accuracies)
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("correct", [0, 1, 835, 9300, 10_000])
def test_image_interval_is_scipys_wilson(correct: int) -> None:
    expected = scipy.stats.binomtest(correct, 10_000).proportion_ci(0.95, "wilson")
    found = image_interval(correct / 10_000, 10_000)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_spread_is_that_of_a_two_way_analysis_of_variance() -> None:
    """Against the textbook sums of squares, cell by cell."""
    correct = correctness(1, runs=4, images=30)
    runs, images = correct.shape
    x = correct.astype(float)
    mean, by_run, by_image = x.mean(), x.mean(axis=1), x.mean(axis=0)
    square_runs = sum(images * (m - mean) ** 2 for m in by_run) / (runs - 1)
    square_images = sum(runs * (m - mean) ** 2 for m in by_image) / (images - 1)
    square_rest = sum(
        (x[r, i] - by_run[r] - by_image[i] + mean) ** 2 for r in range(runs) for i in range(images)
    ) / ((runs - 1) * (images - 1))
    found = spread(correct)
    assert found.seeds == pytest.approx(square_runs / (runs * images))
    assert found.images == pytest.approx(square_images / (runs * images))
    assert found.both == pytest.approx(square_rest / (runs * images))
    assert found.total == pytest.approx(
        (square_runs + square_images - square_rest) / (runs * images)
    )


def test_total_variance_is_unbiased() -> None:
    """The variance over many draws of everything is the mean of its estimates."""
    draws = [correctness(seed, runs=3, images=300) for seed in range(1500)]
    actual = np.var([draw.mean() for draw in draws], ddof=1)
    estimated = np.mean([spread(draw).total for draw in draws])
    assert estimated == pytest.approx(actual, rel=0.12)


def test_of_a_single_run_only_the_images_spread_is_known() -> None:
    correct = correctness(2, runs=1)
    found = spread(correct)
    assert (found.seeds, found.both) == (0, 0)
    assert found.images == pytest.approx(scipy.stats.sem(correct[0].astype(float)) ** 2)


def test_total_interval_is_wider_than_either_part_when_both_matter() -> None:
    correct = correctness(3, runs=5)
    (total,) = total_intervals([correct], [spread(correct)])
    seeds = seed_interval(correct.mean(axis=1))
    assert total.low < seeds.low < seeds.high < total.high


def test_total_interval_of_identical_runs_is_about_the_paired_t_interval_over_images() -> None:
    """Without any spread over seeds nothing but the images is left."""
    one = correctness(4, runs=1, images=10_000)
    correct = np.repeat(one, 5, axis=0)
    (total,) = total_intervals([correct], [spread(correct)])
    half = 1.96 * (one.mean() * (1 - one.mean()) / 10_000) ** 0.5
    assert total.high - total.low == pytest.approx(2 * half, rel=0.1)
    assert (total.low + total.high) / 2 == pytest.approx(one.mean(), abs=half / 5)


def test_total_interval_is_students_when_only_the_seeds_differ() -> None:
    random = np.random.default_rng(8)
    accuracies = [0.80, 0.90, 0.85, 0.95, 0.88]
    correct = np.stack([random.permutation(10_000) < a * 10_000 for a in accuracies])
    (total,) = total_intervals([correct], [spread(correct)])
    seeds = seed_interval(correct.mean(axis=1))
    assert total.high - total.low == pytest.approx(seeds.high - seeds.low, rel=0.1)


def test_total_interval_of_nets_that_name_one_class_each_has_a_width() -> None:
    """Two runs of 10 % that agree on no image: both parts are below their interaction."""
    correct = np.zeros((2, 10_000), bool)
    correct[0, :1000] = correct[1, 1000:2000] = True
    found = spread(correct)
    assert found.total == found.both > 0


def test_bounds_stay_within_0_and_1() -> None:
    correct = np.ones((5, 100), bool)
    correct[0, 0] = False
    (total,) = total_intervals([correct], [spread(correct)])
    assert total.high <= 1
    assert seed_interval(correct.mean(axis=1)).high <= 1


def test_bootstrap_is_the_same_every_time_and_for_every_company() -> None:
    """A row's replicates use the same images whatever rows stand beside it."""
    first, second = correctness(5, 5), correctness(6, 1)
    alone = TwoLevelBootstrap(500, 50).means([second])[0]
    again = TwoLevelBootstrap(500, 50).means([second])[0]
    beside = TwoLevelBootstrap(500, 50).means([first, second])[1]
    assert np.array_equal(alone, again)
    assert np.array_equal(alone, beside)


def test_bootstrap_draws_images_with_replacement() -> None:
    """Of a single run, replicates are binomial around its accuracy."""
    correct = correctness(7, 1, images=2000)
    means = TwoLevelBootstrap(2000, 2000).means([correct])[0]
    accuracy = correct.mean()
    assert means.mean() == pytest.approx(accuracy, abs=0.001)
    assert means.std() == pytest.approx((accuracy * (1 - accuracy) / 2000) ** 0.5, rel=0.06)
