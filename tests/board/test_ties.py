import numpy as np
import pytest
import scipy.stats
from numpy.typing import NDArray
from statsmodels.stats.multitest import multipletests

from fmnist_bench.board.intervals import spread
from fmnist_bench.board.ties import Paired, RankRange, better, paired_tests, rank_ranges


def paired(rows: list[NDArray[np.bool_]]) -> Paired:
    hits = np.stack([row.sum(axis=0) for row in rows]).astype(float)
    return paired_tests(hits, [spread(row) for row in rows])


def test_between_runs_without_seed_spread_it_is_scipys_paired_t_test() -> None:
    random = np.random.default_rng(0)
    one, two = random.random((2, 1, 3000)) < np.array([0.9, 0.88])[:, None, None]
    expected = scipy.stats.ttest_rel(one[0].astype(float), two[0].astype(float))
    found = paired([one, two])
    assert found.p[0, 1] == pytest.approx(expected.pvalue, rel=1e-6)
    assert found.difference[0, 1] == pytest.approx(one.mean() - two.mean())


def test_on_images_without_spread_it_is_welchs_test_between_the_seeds() -> None:
    """When every image is alike and easy seeds are easy throughout, only seeds differ."""
    random = np.random.default_rng(1)

    def rows(accuracies: list[float]) -> NDArray[np.bool_]:
        return np.stack([random.permutation(100_000) < a * 100_000 for a in accuracies])

    good, bad = [0.90, 0.95, 0.85, 0.91, 0.99], [0.70, 0.80, 0.86, 0.85, 0.91]
    expected = scipy.stats.ttest_ind(good, bad, equal_var=False)
    assert paired([rows(good), rows(bad)]).p[0, 1] == pytest.approx(expected.pvalue, rel=0.03)


def test_p_is_symmetric_and_one_against_itself() -> None:
    random = np.random.default_rng(2)
    rows = [random.random((5, 1000)) < 0.9 for _ in range(3)]
    found = paired([*rows, rows[0]])
    assert np.allclose(found.p, found.p.T)
    assert np.allclose(np.diag(found.p), 1)
    assert np.allclose(found.difference, -found.difference.T)


def test_pairing_finds_what_two_separate_intervals_would_not() -> None:
    """Nets that fail on the same images: 60 images more is plain, 60 of 10,000 is not."""
    random = np.random.default_rng(3)
    good = np.tile(random.random(10_000) < 0.93, (5, 1))
    bad = good.copy()
    bad[:, np.flatnonzero(good[0])[:60]] = False
    assert paired([good, bad]).p[0, 1] < 1e-6
    unpaired = np.tile(random.permutation(bad[0]), (5, 1))
    assert paired([good, unpaired]).p[0, 1] > 1e-3


def test_better_follows_holm() -> None:
    p = np.array([[1, 0.001, 0.03], [0.001, 1, 0.04], [0.03, 0.04, 1]])
    difference = np.array([[0, 1, 1], [-1, 0, 1], [-1, -1, 0]], float)
    upper = np.triu_indices(3, 1)
    expected = np.zeros((3, 3), bool)
    expected[upper] = multipletests(p[upper], 0.05, "holm")[0]
    assert expected.sum() == 1  # without the correction it would be three
    found = better(Paired(difference, p, p, p))
    assert np.array_equal(found, expected)


def test_rank_ranges_count_rows_beyond_doubt_above_and_below() -> None:
    wins = np.zeros((4, 4), bool)
    wins[0, [2, 3]] = wins[1, 3] = wins[2, 3] = True
    ranges = rank_ranges(wins)
    assert ranges == [RankRange(1, 2), RankRange(1, 3), RankRange(2, 3), RankRange(4, 4)]
    assert [str(ranks) for ranks in ranges] == ["1-2", "1-3", "2-3", "4"]


def test_ranges_go_down_with_the_means() -> None:
    """The second row beats nothing that the third, of wider spread, cannot be told from."""
    wins = np.zeros((4, 4), bool)
    wins[0, 1] = wins[1, 3] = True
    best, worst = np.transpose([(each.best, each.worst) for each in rank_ranges(wins)])
    assert best.tolist() == [1, 1, 1, 2] and worst.tolist() == [3, 3, 4, 4]


def test_a_single_ranked_row_is_first() -> None:
    row = np.random.default_rng(4).random((5, 100)) < 0.9
    assert rank_ranges(better(paired([row]))) == [RankRange(1, 1)]


def test_rows_without_any_error_are_tied() -> None:
    perfect = np.ones((5, 100), bool)
    assert paired([perfect, perfect]).p[0, 1] == 1
