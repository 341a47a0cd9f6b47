"""What is checked about one run by itself."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from fmnist_bench.board.collect import Problem, Run
from fmnist_bench.board.lookup import part
from fmnist_bench.board.names import run_name
from fmnist_bench.board.rows import left_out
from fmnist_bench.data.facts import DATASETS, PROTOCOL_VERSION
from fmnist_bench.records import predictions as predictions_file
from fmnist_bench.records import record as record_file
from fmnist_bench.records.names import fit_for_a_folder

REVIEW_ABOVE = {"fashion_mnist": 0.975, "mnist": 0.999}
"""Accuracies that ask for a review by hand: what exceeded them so far was a mistake."""

LARGEST_CLASS_SHARE = 0.2
LEARNED = 0.5
"""Accuracy below which predictions may be lopsided, or those of another run."""


def run_problems(run: Run) -> Iterator[Problem]:
    """Yield what is wrong with a run that could be read."""
    record_path = f"{run.path}/{record_file.FILE_NAME}"
    for reason in _record_reasons(run):
        yield Problem(record_path, reason)
    if run.correct is not None:
        for reason in _score_reasons(run):
            yield Problem(record_path, reason)
        for reason in _prediction_reasons(run):
            yield Problem(f"{run.path}/{predictions_file.FILE_NAME}", reason)


def _record_reasons(run: Run) -> Iterator[str]:
    record, config = run.record, run.record.config
    folder = run.path.rsplit("/", 1)
    if not fit_for_a_folder(record.row.name):
        yield "row.name: expected letters, digits, dots, dashes and underscores; rename the row"
    if folder[-1] != run_name(record):
        yield f"does not belong in this folder; its own is {run_name(record)}"
    if len(folder) == 2 and Path(folder[0]).name not in (record.row.name, "runs"):
        yield f"does not belong in {folder[0]}; expected a folder named {record.row.name}"
    stated = {
        "seed": config.get("seed"),
        "dataset": part(config, "data").get("name"),
        "precision": config.get("precision", record.precision),
    }
    for key, value in stated.items():
        if getattr(record, key) != value:
            yield f"{key} is {getattr(record, key)!r} but its config says {value!r}"
    if record.seed < 0:
        yield f"seed {record.seed}: expected seeds from 0"
    if record.protocol_version != PROTOCOL_VERSION:
        yield f"protocol version {record.protocol_version}, expected {PROTOCOL_VERSION}"
    reason = left_out(run)
    if reason is not None:
        yield f"cannot stand on the board: {reason}"
    if record.status == "failed":
        if record.test is not None or record.reason is None:
            yield "a failed run has a reason and no test score"
    elif record.test_reads != 1:
        yield f"test_reads is {record.test_reads}; a run reads the test set once"


def _score_reasons(run: Run) -> Iterator[str]:
    found, stated = float(run.hits.mean()), run.record.test
    # A whole count of 10,000 apart is 1e-4; float32 means are off by less than 1e-6.
    if stated is None:
        yield "a finished run has a test score"
    elif abs(stated.accuracy - found) > 1e-6:
        yield f"test.accuracy is {stated.accuracy}; its predictions give {found}"


def _prediction_reasons(run: Run) -> Iterator[str]:
    if run.predictions is None or run.hits.mean() < LEARNED:
        return
    shares = np.bincount(run.predictions.classes, minlength=10) / len(run.hits)
    names = DATASETS[run.record.dataset].class_names
    for name, share in zip(names, shares, strict=True):
        if share == 0:
            yield f"class {name} is never predicted; each is 10 % of the test images"
        if share > LARGEST_CLASS_SHARE:
            yield f"class {name} is {100 * share:.1f} % of the predictions, not about 10 %"


def needs_review(run: Run) -> bool:
    """Whether the run's accuracy asks for a review by hand."""
    return run.correct is not None and float(run.correct.mean()) > REVIEW_ABOVE.get(
        run.record.dataset, 0
    )
