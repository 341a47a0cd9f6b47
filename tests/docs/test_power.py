import numpy as np


def test_the_least_difference_is_found_in_80_of_100_repetitions() -> None:
    from power import least_difference

    random, runs, alpha = np.random.default_rng(0), 12, 0.01
    error = 0.3 / np.sqrt(runs)
    true = least_difference(error, runs - 1, alpha)
    samples = random.normal(true, 0.3, (20_000, runs))
    score = samples.mean(axis=1) / (samples.std(axis=1, ddof=1) / np.sqrt(runs))
    draws = random.standard_normal((200_000, runs))
    null = np.abs(draws.mean(axis=1) / (draws.std(axis=1, ddof=1) / np.sqrt(runs)))
    found = (score > np.quantile(null, 1 - alpha)).mean()
    assert abs(found - 0.8) < 0.02


def test_a_stricter_test_or_fewer_degrees_of_freedom_need_more() -> None:
    from power import least_difference

    need = least_difference(1.0, 50, 0.05)
    assert need < least_difference(1.0, 50, 0.01)
    assert need < least_difference(1.0, 5, 0.05)
    assert abs(least_difference(1.0, 1e6, 0.05) - (1.959964 + 0.841621)) < 1e-3
