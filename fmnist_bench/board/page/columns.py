"""One row's runs on one dataset, as the page's data."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fmnist_bench.board.calibration import calibration_error
from fmnist_bench.board.collect import Run
from fmnist_bench.board.column import Column
from fmnist_bench.board.confusion import confusion_matrix, most_confused
from fmnist_bench.board.figures import accuracy, bounds, duration, mean_seconds, percent
from fmnist_bench.board.intervals import Interval
from fmnist_bench.board.page.hardest import Hardest, hardest
from fmnist_bench.board.page.scores import Score
from fmnist_bench.board.page.text import one_line
from fmnist_bench.data.facts import dataset_facts
from fmnist_bench.data.labels import test_labels
from fmnist_bench.records.record import Epoch

CURVE_POINTS = 60
_RUNS_SHOWN = 100
_FAILURES_SHOWN = 20


def column_data(
    column: Column, dataset: str, score: Score, failures: Sequence[Run]
) -> dict[str, Any]:
    """Return what the page says of `column`; figures are text, as on the Markdown board.

    Numbers beside the text are only for sorting and drawing.
    """
    data: dict[str, Any] = {
        "status": score.status,
        "order": score.order,
        "rank": str(score.rank) if score.rank else None,
        "planned": column.planned,
        "count": len(column.runs),
        "gap": column.gap,
        "failed": [_failure(run) for run in failures[:_FAILURES_SHOWN]],
        "unlisted_failures": max(0, len(failures) - _FAILURES_SHOWN),
    }
    return data | _measured(column, dataset, score) if column.runs else data


def _measured(column: Column, dataset: str, score: Score) -> dict[str, Any]:
    several = len(column.runs) > 1
    return {
        "mean": round(column.mean, 8),
        "accuracy": accuracy(column.mean),
        "percent": percent(column.mean),
        "std": percent(float(column.accuracies.std(ddof=1))) if several else None,
        "timed": mean_seconds(column.timed) if column.timed else None,
        "intervals": {
            name: _interval(interval)
            for name, interval in (
                ("total", score.total),
                ("seeds", score.seeds),
                ("images", score.images),
            )
            if interval is not None
        },
        "runs": [_run(run) for run in column.runs[:_RUNS_SHOWN]],
        **_predicted(column, dataset),
        "hardest": [_hard(image, len(column.runs)) for image in hardest(column, dataset)],
        "curve": _curve(column.runs[0].record.history),
    }


def _predicted(column: Column, dataset: str) -> dict[str, Any]:
    runs = [run for run in column.runs if run.predictions is not None]
    predicted = [run.predictions.classes for run in runs if run.predictions is not None]
    matrix = confusion_matrix(test_labels(dataset), np.stack(predicted))
    shares: NDArray[np.float64] = matrix / matrix.sum(axis=1, keepdims=True)
    first, second, _ = most_confused(matrix)
    names = dataset_facts(dataset).class_names
    errors = [
        calibration_error(run.predictions.confidence, run.hits)
        for run in runs
        if run.predictions is not None
    ]
    return {
        "confusion": " ".join(f"{100 * share:.1f}" for share in shares.ravel()),
        "classes": [percent(float(share)) for share in np.diag(shares)],
        "confused": f"{names[first]} / {names[second]}",
        "calibration": percent(sum(errors) / len(errors)),
    }


def _interval(interval: Interval) -> dict[str, Any]:
    return {
        "low": round(interval.low, 6),
        "high": round(interval.high, 6),
        "text": bounds(interval),
    }


def _run(run: Run) -> dict[str, Any]:
    record = run.record
    return {
        "seed": record.seed,
        "accuracy": percent(float(run.hits.mean())),
        "validation": percent(record.validation.accuracy if record.validation else None),
        "epochs": record.epochs,
        "time": duration(record.train_seconds),
        "path": one_line(run.path),
    }


def _failure(run: Run) -> dict[str, Any]:
    record = run.record
    error = one_line(record.error or "")
    return {"seed": record.seed, "reason": record.reason or "error", "error": error}


def _hard(image: Hardest, runs: int) -> dict[str, Any]:
    return {
        "index": image.index,
        "label": image.label,
        "taken_for": image.taken_for,
        "wrong": f"{image.wrong}/{runs}",
        "confidence": f"{100 * image.confidence:.0f} %",
    }


def _curve(history: Sequence[Epoch]) -> dict[str, list[float | None]] | None:
    """Return both accuracies by epoch, thinned to `CURVE_POINTS` with first and last kept."""
    if len(history) < 2:
        return None
    picks = np.linspace(0, len(history) - 1, min(len(history), CURVE_POINTS)).round()
    points = [history[int(pick)] for pick in picks]
    return {
        "epoch": [point.epoch + 1 for point in points],
        "train": [_rounded(point.train_accuracy) for point in points],
        "validation": [_rounded(point.validation_accuracy) for point in points],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(100 * value, 2)
