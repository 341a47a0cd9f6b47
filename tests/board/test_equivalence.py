"""The equivalence test against statsmodels' and against simulation."""

import numpy as np
import pytest
from statsmodels.stats.weightstats import ttost_ind

from fmnist_bench.board.equivalence import MARGIN, drawn, equivalence, power, seeds_wanted


def draws(std: float, count: int, offset: float = 0.0) -> np.ndarray:
    return np.random.default_rng(count).normal(0.93 + offset, std, count)


@pytest.mark.parametrize("std", [0.0005, 0.002, 0.004])
@pytest.mark.parametrize("offset", [0.0, 0.003, -0.006])
def test_equivalence_is_shown_where_statsmodels_shows_it(std: float, offset: float) -> None:
    row, again = draws(std, 5), draws(std, 3, offset)
    p, _, _ = ttost_ind(again, row, -MARGIN, MARGIN, usevar="pooled")
    found = equivalence(row, again)
    assert found.shown == (p < 0.05)
    assert found.difference == pytest.approx(again.mean() - row.mean())


@pytest.mark.parametrize(("std", "row", "again"), [(0.002, 5, 3), (0.0035, 5, 5), (0.002, 10, 2)])
def test_power_is_what_simulation_gives(std: float, row: int, again: int) -> None:
    stream = np.random.default_rng(0)
    first, second = (stream.normal(0.93, std, (4000, n)) for n in (row, again))
    shown = [equivalence(one, two).shown for one, two in zip(first, second, strict=True)]
    assert np.mean(shown) == pytest.approx(power(std, row, again), abs=0.03)


def test_half_a_point_apart_is_found_equivalent_in_one_of_twenty() -> None:
    stream = np.random.default_rng(1)
    first, second = stream.normal(0.93, 0.001, (4000, 5)), stream.normal(0.935, 0.001, (4000, 3))
    shown = [equivalence(one, two).shown for one, two in zip(first, second, strict=True)]
    assert 0.035 < np.mean(shown) < 0.065


def test_as_many_seeds_as_the_spread_asks_for() -> None:
    assert seeds_wanted(0.0011, 5) == seeds_wanted(0.0, 5) == 2
    for std in (0.001, 0.002, 0.0035):
        wanted = seeds_wanted(std, 5)
        assert wanted == 5 or power(std, 5, wanted) >= 0.8 > power(std, 5, wanted - 1) * (
            wanted > 2
        )
    assert seeds_wanted(0.01, 5) == 5  # all there are


def test_the_draw_follows_from_all_predictions_and_not_from_their_order() -> None:
    seeds, digests = range(10), [f"{seed:064x}" for seed in range(10)]
    assert sorted(drawn(seeds, digests)) == list(seeds)
    assert drawn(seeds, digests) == drawn(seeds, reversed(digests))
    others = {tuple(drawn(seeds, [*digests[:-1], str(change)])[:2]) for change in range(20)}
    assert len(others) > 10
