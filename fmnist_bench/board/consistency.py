"""What a run has to agree with: itself, its predictions and the protocol. Needs no torch.

Each of these costs whoever makes a record up another figure that has to fit. What is not known
of a run, as its probabilities before there were codes, is not checked.
"""

from collections.abc import Iterator
from functools import cache

import numpy as np

from fmnist_bench.board.collect import ScoredRun
from fmnist_bench.board.dataset import published_as
from fmnist_bench.board.lookup import part
from fmnist_bench.data.facts import FILE_SHAPES
from fmnist_bench.data.split import split_indices
from fmnist_bench.errors import BenchError
from fmnist_bench.records.predictions import log_losses
from fmnist_bench.records.record import Record

_STRATIFIED = {
    "fashion_mnist": "0736904ac7888853cb9d3ca92a8691e47a3b888d7a30752f2f7ebef425ff86a0",
    "mnist": "042965c3b6e103c1481597bb21fbf2d3cfc578b12da33454df066f1a3f342f4a",
}
"""Split digest of protocol=select, which follows from training labels that are not here."""

_LOSS_APART = 0.002
"""How far the loss of stored probabilities may be off: they are rounded (records/predictions.py)
by less than 0.001 on average over 10,000 images, and a large loss by 1 % of itself."""

_ROUNDED = 0.045
"""By how much of 1 + itself a code may round a distance in nats: half a step, exp(1/24) - 1. An
estimator gives many images the very same distances, so that it does not average out."""

_ONE_RATE = ("constant", "plateau")
"""Schedules that start with the optimizer's own learning rate."""


def disagreements(run: ScoredRun) -> Iterator[str]:
    """Yield in what the record of a finished run contradicts itself, its protocol or its data."""
    record = run.record
    if record.ended < record.started:
        yield f"ended {record.ended:%Y-%m-%d %H:%M:%S} is before started; times run forward"
    if record.status == "failed":
        return
    yield from _ranges(record)
    yield from _losses(run)
    if record.recipe is not None:  # else its predictions were made elsewhere
        yield from _times(record)
        yield from _epochs(record)
        yield from _split(record)


def _ranges(record: Record) -> Iterator[str]:
    for name, score in (("validation", record.validation), ("test", record.test)):
        if score is not None and not (0 <= score.accuracy <= 1 and (score.loss or 0) >= 0):
            yield f"{name}: accuracy {score.accuracy}, loss {score.loss}; expected 0 to 1, from 0"
    for epoch in record.history or ():
        shares = (epoch.train_accuracy, epoch.validation_accuracy)
        if any(share is not None and not 0 <= share <= 1 for share in shares):
            yield f"history: an accuracy of epoch {epoch.epoch} is outside 0 to 1"
    counts = ("parameters", "macs", "training_macs", "peak_memory_bytes", "images_per_second")
    for name in counts:
        if (getattr(record, name) or 0) < 0:
            yield f"{name} is {getattr(record, name)}; expected at least 0"


def _times(record: Record) -> Iterator[str]:
    """Yield what is wrong between times in seconds.

    A run that went on after a kill has the history of all its epochs and the start of its last
    process, so that alone its last epoch has to fit between start and end.
    """
    spans = [epoch.seconds for epoch in record.history or ()]
    wall = (record.ended - record.started).total_seconds()
    if not spans or record.train_seconds is None:
        return
    if min(spans) < 0 or spans[-1] > wall:
        yield f"history: the last epoch took {spans[-1]:.1f} s of {wall:.1f} s from start to end"
    if abs(sum(spans) - record.train_seconds) > 1e-3 * sum(spans):
        yield f"train_seconds is {record.train_seconds:.3f}; its epochs sum to {sum(spans):.3f}"
    if record.timed_seconds is not None and not 0 < record.timed_seconds <= wall:
        yield f"timed_seconds is {record.timed_seconds:.3f} of {wall:.3f} from start to end"
    if record.images_per_second and record.macs and record.training_macs:
        steps = record.training_macs / (3 * record.macs) / record.images_per_second
        if steps > 1.001 * record.train_seconds:
            yield f"images_per_second: its steps alone take {steps:.1f} s, more than train_seconds"


def _epochs(record: Record) -> Iterator[str]:
    history, trainer = record.history, part(record.recipe, "trainer")
    if _is_fitted_once(record):
        if (history, record.epochs) != (None, None):
            yield "epochs and history: an estimator is fitted in one pass and has neither"
        return
    if history is None or record.epochs != len(history):
        yield f"epochs is {record.epochs}; history has {len(history or ())}"
        return
    if [epoch.epoch for epoch in history] != list(range(len(history))):
        yield "history: epochs are not counted 0, 1, 2, ..."
    most = trainer.get("max_epochs")
    if isinstance(most, int) and 0 <= most < len(history):
        yield f"epochs is {record.epochs}; its recipe has trainer.max_epochs={most}"
    model = part(record.recipe, "model")
    rate = part(model, "optimizer").get("lr")
    seen = [epoch.learning_rate for epoch in history if epoch.learning_rate is not None]
    if isinstance(rate, int | float) and seen:
        named = str(part(model, "schedule").get("_target_", "constant")).rpartition(".")[2]
        starts = seen[0] if named in _ONE_RATE else rate
        if max(seen) > rate * (1 + 1e-6) or abs(starts - rate) > 1e-6 * rate:
            yield f"history: learning rates to {max(seen):g}; its recipe has optimizer.lr={rate:g}"
    chosen = record.selection.epoch if record.selection else None
    if chosen is None:
        return
    scores = [epoch.validation_accuracy or 0.0 for epoch in history]
    if not 0 <= chosen < len(history) or scores[chosen] < max(scores):
        yield f"selection: epoch {chosen} is not the best on validation images"
    elif record.validation and abs(record.validation.accuracy - scores[chosen]) > 1e-6:
        found = record.validation.accuracy
        yield f"validation.accuracy is {found}; its epoch {chosen} had {scores[chosen]}"


def _is_fitted_once(record: Record) -> bool:
    return "estimator" in part(part(record.recipe, "model"), "net")


def _split(record: Record) -> Iterator[str]:
    data = part(record.recipe, "data")
    images = record.data.train_images
    if published_as(record.data) is not None:
        published = FILE_SHAPES["train_labels"][0]
        if images != published:
            yield f"data.train_images is {images}; the published files hold {published}"
    asked = tuple(data.get(key) for key in ("split", "validation", "split_seed"))
    if None in asked or not isinstance(images, int) or not 0 < images <= 10_000_000:
        return
    try:
        expected = split_digest(record.data.name, images, *asked)
    except BenchError as error:
        yield str(error)
        return
    if expected != "" and record.data.split_digest != expected:
        yield f"data.split_digest is {record.data.split_digest}; its recipe gives {expected}"


@cache
def split_digest(name: str, images: int, split: str, validation: int, seed: int) -> str | None:
    """Return the digest of the validation images, "" where it depends on labels not known here.

    Raises:
        BenchError: there is no such split.
    """
    if split == "stratified":
        return _STRATIFIED.get(name, "") if (validation, seed) == (5000, 20170831) else ""
    labels = np.zeros(images, np.uint8)
    found = split_indices(labels, split=split, validation=validation, split_seed=seed)
    return found.digest if validation else None


def _losses(run: ScoredRun) -> Iterator[str]:
    dataset, test, predictions = published_as(run.record.data), run.record.test, run.predictions
    if predictions is None or test is None:
        return
    stored, published = predictions.labels, None if dataset is None else dataset.labels
    if published is not None and stored is not None and not np.array_equal(stored, published):
        yield "its predictions hold other labels than the published ones"
    truth = stored if published is None else published
    if truth is None or len(truth) != len(predictions.classes):
        return
    hits = float((predictions.classes == truth).mean())
    if published is None and abs(hits - test.accuracy) > 1e-6:
        yield f"test.accuracy is {test.accuracy}; its predictions and labels give {hits}"
    if test.loss is None:  # a class alone was named
        return
    least, most = log_losses(predictions, truth)
    slack = _LOSS_APART + 0.01 * least
    if _is_fitted_once(run.record):
        slack = _ROUNDED * (1 + least)
    if not least - slack <= test.loss <= most + slack:
        range_ = f"{least:.4f}" if least == most else f"at least {least:.4f}"
        yield f"test.loss is {test.loss:.4f}; its probabilities give {range_}"
