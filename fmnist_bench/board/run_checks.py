"""What is checked about one run by itself."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from fmnist_bench.board.collect import Problem, ScoredRun
from fmnist_bench.board.dataset import published_as
from fmnist_bench.board.lookup import part
from fmnist_bench.board.plausibility import LEARNED
from fmnist_bench.board.rows import unofficial
from fmnist_bench.data.facts import PROTOCOL_VERSION
from fmnist_bench.records import predictions as predictions_file
from fmnist_bench.records import record as record_file
from fmnist_bench.records.names import fit_for_a_folder, folder_name
from fmnist_bench.records.record import Record

REVIEW_ABOVE = {"fashion_mnist": 0.975, "mnist": 0.999}
"""Accuracies that ask for a review by hand: what exceeded them so far was a mistake."""

LARGEST_CLASS_SHARE = 0.2


def run_problems(run: ScoredRun) -> Iterator[Problem]:
    """Yield what is wrong with a run that could be read."""
    for reason in (*_record_reasons(run), *_score_reasons(run)):
        yield Problem(f"{run.path}/{record_file.FILE_NAME}", reason)
    for reason in _prediction_reasons(run):
        yield Problem(f"{run.path}/{predictions_file.FILE_NAME}", reason)


def _record_reasons(run: ScoredRun) -> Iterator[str]:
    record, recipe = run.record, run.record.recipe
    folder = Path(run.path)
    name = folder_name(record.row.name, record.data.name, record.seed, record.identity)
    if not fit_for_a_folder(record.row.name):
        yield "row.name: expected letters, digits, dots, dashes and underscores; rename the row"
    if folder.name != name:
        yield f"does not belong in this folder; its own is {name}"
    if folder.parent.name not in ("", record.row.name, "runs"):
        yield f"does not belong in {folder.parent.as_posix()}; expected a folder named " + (
            record.row.name
        )
    stated = {
        "seed": (record.seed, (recipe or {}).get("seed")),
        "data.name": (record.data.name, part(recipe, "data").get("name", record.data.name)),
        "prediction.test_time_flip": (
            record.prediction.test_time_flip,
            (recipe or {}).get("test_time_flip", False),
        ),
    }
    for key, (own, value) in stated.items():
        if recipe is not None and own != value:
            yield f"{key} is {own!r} but its recipe says {value!r}"
    if record.seed < 0:
        yield f"seed {record.seed}: expected seeds from 0"
    if record.protocol_version != PROTOCOL_VERSION:
        yield f"protocol version {record.protocol_version}, expected {PROTOCOL_VERSION}"
    code = unfit_code(record)
    if recipe is not None and code is not None:
        yield f"made from {code}; commit, and train it again"
    reason = unofficial(run)
    if reason is not None:
        yield f"cannot stand on the board: {reason}"
    if record.status == "failed":
        if record.test is not None or record.reason is None:
            yield "a failed run has a reason and no test score"
    elif reason is None and record.test_reads < 1:
        yield f"test_reads is {record.test_reads}; a finished run has read the test set"


def _score_reasons(run: ScoredRun) -> Iterator[str]:
    if run.correct is None:
        return
    found, stated = float(run.hits.mean()), run.record.test
    # A whole count of 10,000 apart is 1e-4; float32 means are off by less than 1e-6.
    if stated is None:
        yield "a finished run has a test score"
    elif abs(stated.accuracy - found) > 1e-6:
        yield f"test.accuracy is {stated.accuracy}; its predictions give {found}"


def _prediction_reasons(run: ScoredRun) -> Iterator[str]:
    dataset = published_as(run.record.data)
    if run.predictions is None or dataset is None or run.hits.mean() < LEARNED:
        return
    counts = np.bincount(run.predictions.classes, minlength=len(dataset.class_names))
    for name, share in zip(dataset.class_names, counts / len(run.hits), strict=True):
        if share == 0:
            yield f"class {name} is never predicted; each is 10 % of the test images"
        if share > LARGEST_CLASS_SHARE:
            yield f"class {name} is {100 * share:.1f} % of the predictions, not about 10 %"


def unfit_code(record: Record) -> str | None:
    """Say what else than a clean commit made the run of `record`, None if a clean commit did."""
    code = record.code
    if code is None or code.commit is None:
        return "an unknown commit"
    return None if code.clean else "uncommitted changes"


def needs_review(run: ScoredRun) -> bool:
    """Whether the run's accuracy asks for a review by hand."""
    usual = REVIEW_ABOVE.get(run.record.data.name, 1)
    return run.correct is not None and float(run.hits.mean()) > usual
