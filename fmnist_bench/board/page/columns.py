"""One row's runs on one dataset, as the page's data."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fmnist_bench.board.collect import ScoredRun
from fmnist_bench.board.column import Column
from fmnist_bench.board.escape import one_line
from fmnist_bench.board.figures import accuracy, bounds, count, duration, percent, pflop, times
from fmnist_bench.board.hard_images import MissedImage, missed_images
from fmnist_bench.board.page.pairs import wrong_votes
from fmnist_bench.board.resources import Resources
from fmnist_bench.records.record import Epoch

CURVE_POINTS = 60
_RUNS_SHOWN = 100
_FAILURES_SHOWN = 20


def column_data(column: Column) -> dict[str, Any]:
    """Return what the page says of `column`; figures are text, as on the Markdown board.

    Numbers beside the text are only for sorting and drawing.
    """
    data: dict[str, Any] = {
        "status": column.status,
        "order": column.order,
        "rank": str(column.rank) if column.rank else None,
        "planned": column.planned,
        "count": len(column.runs),
        "gap": column.gap,
        "failed": [_failure(run) for run in column.failures[:_FAILURES_SHOWN]],
        "unlisted_failures": max(0, len(column.failures) - _FAILURES_SHOWN),
    }
    return data | _measured(column) if column.runs else data


def cost_data(took: Resources | None) -> dict[str, Any]:
    """Return what runs took: a number to draw and its text, by kind of cost."""
    if took is None:
        return {}
    texts = {"parameters": count, "macs": count, "training_pflop": pflop}
    costs = took.costs
    return {
        kind: {"value": costs[kind], "text": write(costs[kind])} for kind, write in texts.items()
    }


def _measured(column: Column) -> dict[str, Any]:
    intervals = {"total": column.total, "seeds": column.seeds, "images": column.images}
    shares = column.shares
    assert shares is not None and column.resources is not None, "the page shows published data"
    return {
        "mean": round(column.mean, 8),
        "accuracy": accuracy(column.mean),
        "percent": percent(column.mean),
        "std": None if column.std is None else percent(column.std),
        "time": times(column.resources.train_seconds),
        "cost": cost_data(column.resources),
        "intervals": {
            name: {"low": round(each.low, 6), "high": round(each.high, 6), "text": bounds(each)}
            for name, each in intervals.items()
            if each is not None
        },
        "runs": [_run(run) for run in column.runs[:_RUNS_SHOWN]],
        "confusion": " ".join(f"{100 * share:.1f}" for share in shares.ravel()),
        "classes": [percent(float(share)) for share in shares.diagonal()],
        "confused": " / ".join(column.confused or ()),
        "tied": [one_line(title) for title in column.tied],
        "wrong": wrong_votes(column),
        "calibration": percent(column.calibration),
        "hardest": [_missed(image, len(column.runs)) for image in missed_images(column)],
        "curve": _curve(column.runs[0].record.history or []),
    }


def _run(run: ScoredRun) -> dict[str, Any]:
    record = run.record
    return {
        "seed": record.seed,
        "accuracy": percent(run.accuracy),
        "validation": percent(record.validation.accuracy if record.validation else None),
        "epochs": record.epochs,
        "time": duration(record.train_seconds if record.alone else None),
        "path": one_line(run.path),
    }


def _failure(run: ScoredRun) -> dict[str, Any]:
    record = run.record
    error = one_line(record.error or "")
    return {"seed": record.seed, "reason": record.reason or "error", "error": error}


def _missed(image: MissedImage, runs: int) -> dict[str, Any]:
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
