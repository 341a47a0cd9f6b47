"""The runs of one row on one dataset, and every figure that anybody shows of them."""

from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.board.calibration import calibration_error
from fmnist_bench.board.collect import ScoredRun
from fmnist_bench.board.confusion import confusion_matrix, most_confused
from fmnist_bench.board.dataset import Dataset
from fmnist_bench.board.intervals import Interval, Spread, image_interval, seed_interval, spread
from fmnist_bench.board.resources import Resources
from fmnist_bench.board.ties import RankRange
from fmnist_bench.records.record import Record

RANKED_SEEDS = 5
PROVISIONAL_SEEDS = 3
UNVERIFIED = "unverified"
"""Status and tier of what nobody else has trained again: predictions without a recipe, which nobody
can, and rows in doubt."""

LOOKED = "after a look"
"""Status of rows that would be ranked, had seeds and recipe been fixed before a look."""


@dataclass(frozen=True, eq=False)
class Column:
    """One row's runs on one dataset; `planned` is 0 where the row plans none.

    `runs` finished, one of each seed; `failures` did not. `total`, `rank`, `tied` (titles of
    ranked rows it cannot be told apart from) and `order` (place among all rows, from 0) come
    from the other rows of a board, and are not set where there is none. `only` is the title of
    the dataset that the row is about, where it is not about this one.

    `sentences` are what a reader of the figure has to know (plain text); `doubt` is why the row is
    not ranked before someone else has trained it again, `looked` whether runs were chosen after a
    look at the test set, `replaced_reads` how often runs read it that made way for these.

    Figures of accuracy need a run, and None stands for what is not known: of data whose labels
    are not published there are neither `total` and `rank` nor what predictions are compared for.
    """

    dataset: Dataset
    planned: int
    runs: tuple[ScoredRun, ...]
    failures: tuple[ScoredRun, ...] = ()
    only: str | None = None
    total: Interval | None = None
    rank: RankRange | None = None
    tied: tuple[str, ...] = ()
    order: int | None = None
    sentences: tuple[str, ...] = ()
    doubt: str | None = None
    looked: bool = False
    replaced_reads: int = 0

    @property
    def done(self) -> tuple[int, ...]:
        """Seeds that finished."""
        return tuple(run.record.seed for run in self.runs)

    @property
    def missing(self) -> tuple[int, ...]:
        """Planned seeds without a finished run, the first hundred of them."""
        done = {*self.done}
        # A record may plan any number of seeds.
        return tuple(islice((seed for seed in range(self.planned) if seed not in done), 100))

    @property
    def failed(self) -> tuple[int, ...]:
        """Seeds that have a failed run and no finished one."""
        return tuple(sorted({run.record.seed for run in self.failures} - {*self.done}))

    @property
    def status(self) -> str:
        """How far its runs carry the row on this dataset."""
        if self.only:
            return f"{self.only} only"
        if not self.runs:
            return "no result"
        if self.doubt or all(run.record.recipe is None for run in self.runs):
            return UNVERIFIED
        if self.missing:
            return "incomplete"
        count = len(self.runs)
        if count >= RANKED_SEEDS:
            return (LOOKED if self.looked else "ranked") if self.scored else "complete"
        if count >= PROVISIONAL_SEEDS:
            return "provisional"
        return "single run" if count == 1 else f"{count} runs"

    @property
    def gap(self) -> str:
        """Say what is missing: `4/5, 1 failed`; empty if nothing is."""
        if not self.missing and not self.failed:
            return ""
        done = f"{sum(seed < self.planned for seed in self.done)}/{self.planned}"
        return f"{done}, {len(self.failed)} failed" if self.failed else done

    @property
    def scored(self) -> bool:
        """Whether it is known which test images the runs got right."""
        return bool(self.runs) and self.dataset.labels is not None

    @cached_property
    def correct(self) -> NDArray[np.bool_]:
        """Correctness of every run on every image, shape (runs, images)."""
        return np.stack([run.hits for run in self.runs])

    @cached_property
    def accuracies(self) -> NDArray[np.float64]:
        """Accuracy in [0, 1] of every run, shape (runs,)."""
        return np.array([run.accuracy for run in self.runs], np.float64)

    @cached_property
    def mean(self) -> float:
        """Mean accuracy; of scored runs one division of whole counts, so it is exact."""
        if self.scored:
            return int(self.correct.sum()) / self.correct.size
        return float(self.accuracies.mean())

    @property
    def validation(self) -> float | None:
        """Mean accuracy on validation images in [0, 1], of the runs that had any."""
        scores = [run.record.validation for run in self.runs if run.record.validation]
        return sum(score.accuracy for score in scores) / len(scores) if scores else None

    @property
    def std(self) -> float | None:
        """Standard deviation of the runs' accuracies, from two runs on."""
        return float(self.accuracies.std(ddof=1)) if len(self.runs) > 1 else None

    @cached_property
    def spread(self) -> Spread:
        """Variances over seeds and images of scored runs."""
        return spread(self.correct)

    @cached_property
    def seeds(self) -> Interval | None:
        """t interval of the mean accuracy on these test images, from two runs on."""
        return seed_interval(self.accuracies) if len(self.runs) > 1 else None

    @cached_property
    def images(self) -> Interval | None:
        """Wilson interval of the accuracy of one such net on all images like these."""
        if not self.runs:
            return None
        images = self.correct.shape[1] if self.scored else self.runs[0].record.data.test_images
        return image_interval(self.mean, images)

    @cached_property
    def confusion(self) -> NDArray[np.int64] | None:
        """True class (first axis) by predicted class, counted over all scored runs."""
        if not self.scored or self.dataset.labels is None:
            return None
        predicted = [run.predictions.classes for run in self.runs if run.predictions]
        names = self.dataset.class_names
        return confusion_matrix(self.dataset.labels, np.stack(predicted), len(names))

    @property
    def shares(self) -> NDArray[np.float64] | None:
        """The confusion matrix as shares of its true classes; the diagonal is the recall."""
        matrix = self.confusion
        return None if matrix is None else matrix / matrix.sum(axis=1, keepdims=True)

    @property
    def confused(self) -> tuple[str, str] | None:
        """Names of the two classes taken for each other most often, both ways together."""
        if self.confusion is None:
            return None
        first, second, _ = most_confused(self.confusion)
        return self.dataset.class_names[first], self.dataset.class_names[second]

    @cached_property
    def calibration(self) -> float | None:
        """Mean expected calibration error of the scored runs, in [0, 1]."""
        errors = [
            calibration_error(run.predictions.confidence, run.hits)
            for run in self.runs
            if run.predictions
            and self.scored
            and run.record.test
            and run.record.test.loss is not None
        ]
        return sum(errors) / len(errors) if errors else None

    @cached_property
    def resources(self) -> Resources | None:
        """What the runs took."""
        return Resources.of(self.runs) if self.runs else None

    @property
    def record(self) -> Record | None:
        """The first run's record, which says how the row was trained."""
        return self.runs[0].record if self.runs else None
