"""Whether a claim can be what the same recipe gives here.

A claim holds when it lies in the 95 % prediction interval of its own statistic: where one
further run of our recipe, or the mean or the best of k of them, would fall, given the runs
that we have. Three things move such a figure:

- Seeds. Their spread is estimated from our n runs, with n - 1 degrees of freedom. For one
  run and for a mean this gives Student's t with variances 1 + 1/n and 1/k + 1/n (Hahn and
  Meeker, Statistical Intervals, 1991, chapter 4). The best of k is the largest of k such t
  variables, correlated as they share our mean and our spread (Dunnett, JASA 50, 1955).
- The claim's rounding: the variance of an error that is uniform within half a digit.
- Images, unless the claim is known to use the current test set: the binomial variances of
  two samples of 10,000 images, taken as independent (correlation zero). They count the
  chance of single images that the seeds' spread holds already, so this is on the wide side.
  That one test set was made harder than the other by more than chance is no part of it.

The three are convolved by numerical integration over the unknown spread of the recipe, as
Behrens and Fisher add a t and a normal error: exact where the seeds are all there is,
otherwise a little wide.

Measured by simulation (tests/board/test_verdicts.py), for a recipe whose runs spread by 0.2
points around 92 %, and claims of three digits. True claims hold in 95.0 to 95.5 % of cases for
one run, the mean of 10 and the best of 30, with 3, 5 and 10 runs of ours, if they use the
current images; in 95 to 98 % if they use the old ones. Of claims 0.3, 0.5, 1 and 2 points
above the truth, this many in 100 are called too high:

    one run, current images, 3 runs: 12 24 62 98
    one run, current images, 5 runs: 19 41 92 100
    one run, current images, 10 runs: 25 56 99 100
    one run, old images, 3 runs: 5 11 39 92
    one run, old images, 10 runs: 10 19 60 99
    mean of 10, current images, 3 runs: 26 53 94 100
    mean of 10, current images, 5 runs: 53 91 100 100
    best of 30, current images, 3 runs: 7 11 23 54
    best of 30, current images, 10 runs: 27 59 99 100
"""

from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.board.reported import Claim, Statistic

Kind = Literal["holds", "too high", "too low", "not comparable", "cannot be run", "not yet"]

LEVEL = 0.95
FEWEST_RUNS = 3
TEST_IMAGES = 10_000
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)
_SHARES, _WEIGHTS = (_NODES + 1) / 2, _WEIGHTS / 2


@dataclass(frozen=True)
class Verdict:
    """What became of a claim; accuracies in [0, 1].

    `difference` is the claim minus what is expected of its statistic: our mean for one run
    and for a mean, our best of k for the best of k. `low` and `high` bound its 95 %
    interval; the claim holds if they enclose 0. All three are None without a comparison,
    and `reason` then says why.
    """

    kind: Kind
    runs: int
    reason: str = ""
    difference: float | None = None
    low: float | None = None
    high: float | None = None


def verdict(
    statistic: Statistic,
    claimed: float,
    digits: int,
    accuracies: NDArray[np.float64],
    *,
    other_images: bool,
) -> Verdict:
    """Judge an accuracy `claimed` with `digits` decimals by our `accuracies`, shape (runs,).

    `other_images` is whether the claim may rest on another test set than ours.
    """
    runs = len(accuracies)
    if statistic.kind == "ensemble":
        return Verdict("not comparable", runs, f"{statistic}, not one net")
    if runs < FEWEST_RUNS:
        return Verdict("not yet", runs, f"{runs} of {FEWEST_RUNS} runs")
    mean, spread = float(accuracies.mean()), float(accuracies.std(ddof=1))
    noise = 100.0**-digits / 12
    if other_images:
        noise += 2 * mean * (1 - mean) / TEST_IMAGES
    lowest, middle, highest = prediction(statistic, spread, runs, noise)
    apart = claimed - mean
    kind: Kind = "too high" if apart > highest else "too low" if apart < lowest else "holds"
    # Adding 0 turns the -0.0 of a rest below any digit into 0.0.
    difference = round(apart - middle, 9) + 0.0
    return Verdict(kind, runs, "", difference, apart - highest, apart - lowest)


def judge(claim: Claim, accuracies: NDArray[np.float64]) -> Verdict:
    """Judge `claim` by what its experiment reached on its dataset, shape (runs,)."""
    runs = len(accuracies)
    claimed = claim.accuracy(claim.dataset)
    if claim.cannot:
        return Verdict("cannot be run", runs, claim.cannot)
    if claimed is None or claim.digits is None:
        return Verdict("not comparable", runs, "no figure is given")
    if instead := claim.schedule or claim.substitute:
        return Verdict("not comparable", runs, f"run here: {instead}")
    other_images = claim.dataset == "fashion_mnist" and claim.data != "current"
    return verdict(claim.statistic, claimed, claim.digits, accuracies, other_images=other_images)


def prediction(
    statistic: Statistic, spread: float, runs: int, noise: float
) -> tuple[float, float, float]:
    """Return the 2.5, 50 and 97.5 % points of `statistic`, counted from the mean of our runs.

    `spread` is the standard deviation of our runs, `noise` a known variance on top, not 0.
    """
    from scipy.optimize import brentq
    from scipy.special import gammaincinv, ndtr, ndtri

    freedom = runs - 1
    # The spread of the recipe, given ours, at equal steps of probability.
    sigma = spread / np.sqrt(2 * gammaincinv(freedom / 2, _SHARES) / freedom)
    if statistic.kind == "best":
        best, weights = ndtri(_SHARES ** (1 / statistic.runs)), _WEIGHTS
        share = 1 / runs
    else:
        best, weights = np.zeros(1), np.ones(1)
        share = 1 / statistic.runs + 1 / runs
    centre, scale = np.outer(sigma, best), np.sqrt(sigma**2 * share + noise)[:, None]

    def excess(value: float, point: float) -> float:
        return float(_WEIGHTS @ (ndtr((value - centre) / scale) @ weights)) - point

    reach = 200 * sqrt(spread**2 + noise)
    tail = (1 - LEVEL) / 2
    lowest, middle, highest = (
        float(brentq(excess, -reach, reach, args=(point,), xtol=1e-9))
        for point in (tail, 0.5, 1 - tail)
    )
    return lowest, middle, highest
