"""Whether a row's mistakes look like those of nets: on the images that others find hard, too.

Three figures of a run that has learned, none of which depends on its accuracy in first order:

- *Shared hardness*: how hard the images that it gets wrong are for the other rows, from 0, where
  its mistakes fall anywhere, to 1, where they are the hardest images of all. Hardness is the
  mean share of a row's runs that are wrong, over all rows but this one.
- *Seed agreement*: the correlation (phi) of its mistakes with another run's.
- *Confidence*: how often a right answer is more confident than a wrong one (the area under the
  curve), 0.5 where the confidence knows nothing.

The 138 runs of 27 rows and datasets that had learned when this was written, of eleven kinds of
net from linear to EfficientNet and from 84.5 to 99.6 %: hardness 0.770 to 0.922 on Fashion-MNIST
and 0.508 to 0.892 on MNIST, where a run has as few as 40 mistakes; phi between seeds 0.631 to
0.964 and 0.269 to 0.969 (keras_cnn on MNIST the least, linear the most); confidence 0.861 to
0.983. Independent mistakes have hardness 0 with a standard deviation of 0.02 (500 mistakes) to
0.06 (50), phi 0 with 0.01; one image changed of 10,000 leaves a phi of 0.998 or more.

The thresholds lie between. Over rows, hardness has a mean of 0.83 and a standard deviation of
0.07, so that 0.3 is seven of those below; a row's mean phi, as Fisher's z, has 1.04 and 0.31, so
that 0.99 (z = 2.65) is five above and 0.05 (z = 0.05) three below the mean, which for a normal
variable are 1 in 10 million and 1 in 1,400. Between rows phi was 0.88 at most. By simulation
(tests/board/test_plausibility.py) no more than 1 in 1,000 rows trips of a probit model that gives
figures as wide apart as those above, and every row does whose mistakes are independent, or whose
seeds are copies with up to four images changed.

What this cannot see is another's mistakes with some mended, or a real net said to be another.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.board.collect import ScoredRun

LEARNED = 0.6
"""Accuracy below which predictions may be lopsided, or those of another run."""

LEAST_HARDNESS = 0.3
LEAST_AGREEMENT, MOST_AGREEMENT = 0.05, 0.99
LEAST_CONFIDENCE = 0.7
_FEWEST_ROWS, _FEWEST_MISTAKES = 3, 10


@dataclass(frozen=True)
class Doubt:
    """Why a run is not what a net would do; `reason` has the figure."""

    run: ScoredRun
    reason: str


def doubts(rows: Mapping[str, Sequence[ScoredRun]]) -> Iterator[Doubt]:
    """Yield what is implausible about runs on one published dataset, by row.

    Runs that have not learned are passed over. Hardness takes `_FEWEST_ROWS` rows.
    """
    learned = {
        name: kept for name, runs in rows.items() if (kept := [run for run in runs if _judged(run)])
    }
    wrong = {name: np.stack([~run.hits for run in runs]) for name, runs in learned.items()}
    means = {name: each.mean(axis=0) for name, each in wrong.items()}
    total = sum(means.values(), np.zeros(1))
    for name, runs in learned.items():
        for run, own in zip(runs, wrong[name], strict=True):
            if len(means) >= _FEWEST_ROWS:
                others = (total - means[name]) / (len(means) - 1)
                found = shared_hardness(own, others)
                if found < LEAST_HARDNESS:
                    yield Doubt(
                        run,
                        f"its mistakes share {found:.2f} of what others find hard"
                        f", expected at least {LEAST_HARDNESS}",
                    )
            yield from _confidence(run)
    yield from _agreement(learned, wrong)


def shared_hardness(wrong: NDArray[np.bool_], hardness: NDArray[np.float64]) -> float:
    """Return how hard for others the images are that a run got wrong, both of shape (images,).

    0 is what mistakes on any images would have, 1 the hardest that as many mistakes can have.
    """
    usual, count = float(hardness.mean()), int(wrong.sum())
    hardest = float(np.sort(hardness)[-count:].mean())
    return (float(hardness[wrong].mean()) - usual) / max(hardest - usual, 1e-12)


def agreement(wrong: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return phi between the mistakes of runs, (runs, images) to (runs, runs)."""
    centred = wrong - wrong.mean(axis=1, keepdims=True)
    scaled = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    return np.asarray(scaled @ scaled.T)


def _judged(run: ScoredRun) -> bool:
    if run.correct is None:
        return False
    return float(run.hits.mean()) >= LEARNED and int((~run.hits).sum()) >= _FEWEST_MISTAKES


def ordered(confidence: NDArray[np.float16], right: NDArray[np.bool_]) -> float:
    """Return in what share of pairs a right answer is more confident than a wrong one."""
    steps = confidence.view(np.uint16)  # in the order of the numbers, as these are not negative
    size = int(steps.max()) + 1
    good, bad = (np.bincount(steps[each], minlength=size) for each in (right, ~right))
    below = np.cumsum(bad) - bad / 2
    return float(good @ below / (good.sum() * bad.sum()))


def _confidence(run: ScoredRun) -> Iterator[Doubt]:
    assert run.predictions is not None, "a scored run has predictions"
    area = ordered(run.predictions.confidence, run.hits)
    if area < LEAST_CONFIDENCE:
        reason = f"its confidence tells right from wrong in {area:.2f} of cases"
        yield Doubt(run, f"{reason}, expected at least {LEAST_CONFIDENCE}")


def _agreement(
    learned: Mapping[str, Sequence[ScoredRun]], wrong: Mapping[str, NDArray[np.bool_]]
) -> Iterator[Doubt]:
    """Yield runs whose mistakes are those of another of any row, or of no seed of their own."""
    runs = [run for each in learned.values() for run in each]
    if not runs:
        return
    phi = agreement(np.concatenate(list(wrong.values())))
    names = [name for name, each in learned.items() for _ in each]
    for second in range(len(runs)):
        first = int(phi[second, :second].argmax()) if second else second
        if first != second and phi[second, first] > MOST_AGREEMENT:
            yield Doubt(
                runs[second],
                f"its mistakes agree to {phi[second, first]:.4f} with those "
                f"of {runs[first].path}, expected at most {MOST_AGREEMENT}",
            )
    for name in learned:
        own = [place for place, each in enumerate(names) if each == name]
        for place in own if len(own) > 1 else ():
            mean = float(np.delete(phi[place, own], own.index(place)).mean())
            if mean < LEAST_AGREEMENT:
                yield Doubt(
                    runs[place],
                    f"its mistakes agree to {mean:.2f} with those of its "
                    f"row's other seeds, expected at least {LEAST_AGREEMENT}",
                )
