"""Verdicts against scipy's distributions, and against claims simulated from a known recipe."""

import re
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import integrate, stats

from fmnist_bench.board import verdicts
from fmnist_bench.board.reported import Claim, Statistic, claims
from fmnist_bench.board.verdicts import Verdict, judge, prediction, verdict

ONE = Statistic(kind="one run", runs=1)
MEAN = Statistic(kind="mean", runs=10)
BEST = Statistic(kind="best", runs=30)
OURS = np.array([0.9231, 0.9208, 0.9190, 0.9225, 0.9211])
TRUTH, SPREAD, DRAWS, STRATA = 0.92, 0.002, 20_000, 50


def numbered(number: int) -> Claim:
    (claim,) = [claim for claim in claims() if claim.number == number]
    return claim


def exact(
    statistic: Statistic, claimed: float, ours: NDArray[np.float64] = OURS, digits: int = 6
) -> Verdict:
    return verdict(statistic, claimed, digits, ours, other_images=False)


@pytest.mark.parametrize("statistic", [ONE, MEAN])
@pytest.mark.parametrize("runs", [3, 4, 5])
def test_one_run_and_a_mean_follow_students_t(statistic: Statistic, runs: int) -> None:
    ours = OURS[:runs]
    found = exact(statistic, 0.93, ours)
    scale = ours.std(ddof=1) * (1 / statistic.runs + 1 / runs) ** 0.5
    low, high = stats.t.interval(0.95, runs - 1, 0.93 - ours.mean(), scale)
    assert found.difference == pytest.approx(0.93 - ours.mean(), abs=1e-8)
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-3)


@pytest.mark.parametrize("best_of", [2, 5])
@pytest.mark.parametrize("runs", [3, 10])
def test_the_best_of_k_is_the_largest_of_k_correlated_t_variables(best_of: int, runs: int) -> None:
    points = prediction(Statistic(kind="best", runs=best_of), 1.0, runs, 1e-12)
    law = stats.multivariate_t(
        shape=np.eye(best_of) + 1 / runs, df=runs - 1, seed=np.random.default_rng(0)
    )
    shares = [law.cdf(np.full(best_of, point), maxpts=100_000) for point in points]
    assert shares == pytest.approx([0.025, 0.5, 0.975], abs=1e-3)


def test_noise_is_convolved_with_the_seeds() -> None:
    spread, runs, noise = 0.002, 4, 0.003**2
    scale = spread * (1 + 1 / runs) ** 0.5
    for point, share in zip(prediction(ONE, spread, runs, noise), (0.025, 0.5, 0.975), strict=True):
        below, _ = integrate.quad(
            lambda e, point=point: (
                stats.norm.pdf(e, scale=noise**0.5) * stats.t.cdf(point - e, runs - 1, scale=scale)
            ),
            *(-0.02, 0.02),
            points=[0],
        )
        assert below == pytest.approx(share, abs=1e-4)


def test_runs_without_spread_leave_rounding_and_images() -> None:
    ours = np.full(3, 0.92)
    rounding = stats.uniform(-0.0005, 0.001).var()
    images = 2 * stats.binom(10_000, 0.92).var() / 10_000**2
    for other, variance in ((False, rounding), (True, rounding + images)):
        found = verdict(ONE, 0.921, 3, ours, other_images=other)
        low, high = stats.norm.interval(0.95, 0.001, variance**0.5)
        assert (found.low, found.high) == pytest.approx((low, high), rel=1e-4)
    # What rounds to our figure holds, whatever its last digit hides.
    assert verdict(ONE, 0.92, 2, np.full(3, 0.9249), other_images=False).kind == "holds"


def test_a_claim_is_too_high_or_too_low_where_its_interval_leaves_0_out() -> None:
    for claimed in np.linspace(0.90, 0.95, 26):
        for statistic in (ONE, MEAN, BEST):
            found = exact(statistic, claimed)
            assert found.difference is not None
            assert found.low is not None and found.high is not None
            assert found.low < found.difference < found.high
            kind = "too high" if found.low > 0 else "too low" if found.high < 0 else "holds"
            assert found.kind == kind
    kinds = [exact(ONE, claimed).kind for claimed in (0.90, 0.92, 0.95)]
    assert kinds == ["too low", "holds", "too high"]


def test_the_same_figure_means_less_as_the_best_of_many() -> None:
    assert exact(ONE, 0.9255).kind == "holds"
    assert exact(MEAN, 0.9255).kind == "too high"
    assert exact(BEST, 0.9255).kind == "holds"
    assert exact(ONE, OURS.mean()).kind == "holds"
    assert exact(BEST, OURS.mean() - 0.001).kind == "too low"


@cache
def bounds(statistic: Statistic, runs: int, other: bool) -> NDArray[np.float64]:
    """Return how far from our mean a claim may lie, shape (STRATA, 2).

    The spread of our runs takes equal steps of its chi distribution: a stratified sample.
    """
    random = np.random.default_rng(runs)
    found = []
    for share in (np.arange(STRATA) + 0.5) / STRATA:
        ours = random.standard_normal(runs)
        ours = (ours - ours.mean()) / ours.std(ddof=1)
        ours *= SPREAD * (stats.chi2.ppf(share, runs - 1) / (runs - 1)) ** 0.5
        judged = verdict(statistic, TRUTH, 3, TRUTH + ours, other_images=other)
        assert judged.low is not None and judged.high is not None
        found.append((-judged.high, -judged.low))
    return np.array(found)


def shares(statistic: Statistic, runs: int, other: bool, excess: float) -> tuple[float, float]:
    """Return the shares of claims `excess` above the truth that hold, and that are too high."""
    random = np.random.default_rng(0)
    drawn = TRUTH + SPREAD * random.standard_normal((DRAWS, statistic.runs))
    figure = drawn.max(axis=1) if statistic.kind == "best" else drawn.mean(axis=1)
    means = TRUTH + SPREAD * random.standard_normal((DRAWS, runs)).mean(axis=1)
    if other:
        figure += random.binomial(10_000, TRUTH, DRAWS) / 10_000 - TRUTH
        means += random.binomial(10_000, TRUTH, DRAWS) / 10_000 - TRUTH
    apart = np.round(figure + excess, 3) - means
    low, high = bounds(statistic, runs, other).T[:, :, None]
    return float(((low <= apart) & (apart <= high)).mean()), float((apart > high).mean())


@pytest.mark.parametrize("runs", [3, 5, 10])
@pytest.mark.parametrize("statistic", [ONE, MEAN, BEST], ids=str)
def test_true_claims_hold_as_often_as_they_should(statistic: Statistic, runs: int) -> None:
    assert 0.94 <= shares(statistic, runs, False, 0.0)[0] <= 0.96
    assert 0.945 <= shares(statistic, runs, True, 0.0)[0] <= 0.98


def test_the_power_is_the_one_that_the_docstring_states() -> None:
    stated = re.findall(
        r"(one run|mean of 10|best of 30), (current|old) images, (\d+) runs: ([\d ]+)",
        verdicts.__doc__ or "",
    )
    assert len(stated) == 9
    known = {str(statistic): statistic for statistic in (ONE, MEAN, BEST)}
    for name, images, runs, figures in stated:
        measured = [
            100 * shares(known[name], int(runs), images == "old", excess)[1]
            for excess in (0.003, 0.005, 0.01, 0.02)
        ]
        assert list(map(float, figures.split())) == pytest.approx(measured, abs=2), (name, runs)


def test_fewer_than_three_runs_give_no_verdict() -> None:
    for runs in range(3):
        found = verdict(ONE, 0.92, 3, OURS[:runs], other_images=True)
        assert (found.kind, found.reason, found.runs) == ("not yet", f"{runs} of 3 runs", runs)
        assert found.difference is found.low is found.high is None


def test_what_cannot_be_compared_is_not_whatever_we_measured() -> None:
    kinds = {claim.number: judge(claim, OURS).kind for claim in claims() if claim.number}
    assert {n for n, kind in kinds.items() if kind == "cannot be run"} == {1, 11, 25, 31, 35, 37}
    assert {n for n, kind in kinds.items() if kind == "not comparable"} == {
        *(2, 16, 19, 20, 21, 22, 23, 24, 28, 32)
    }
    assert judge(numbered(16), OURS).reason == "run here: 30/200 epochs"
    systems = [claim for claim in claims() if claim.system]
    compared = {claim.experiment for claim in systems if judge(claim, OURS).difference is not None}
    assert compared == {"mlp_raw", "keras_cnn", "vgg", "cnn"}
    ensemble = verdict(Statistic(kind="ensemble", runs=5), 0.95, 3, OURS, other_images=False)
    assert (ensemble.kind, ensemble.reason) == ("not comparable", "ensemble of 5, not one net")


def test_only_claims_on_other_images_get_room_for_them() -> None:
    def width(claim: Claim) -> float:
        found = judge(claim, OURS)
        assert found.low is not None and found.high is not None
        return found.high - found.low

    current, old, unknown = numbered(3), numbered(5), numbered(7)
    assert [claim.data for claim in (current, old, unknown)] == ["current", "old", "unknown"]
    assert width(old) == pytest.approx(width(unknown)) and width(old) > 1.2 * width(current)
    (mnist,) = [claim for claim in claims() if claim.dataset == "mnist"]
    found = verdict(ONE, 0.9926, 4, OURS, other_images=False)
    assert mnist.data == "unknown" and judge(mnist, OURS) == found
