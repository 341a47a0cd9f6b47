"""A run that was interrupted ends with the bits of one that was not."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from safetensors.torch import load_file

from fmnist_bench.errors import BenchError
from fmnist_bench.records.predictions import read_predictions
from fmnist_bench.records.record import Record
from fmnist_bench.records.spec import Spec
from fmnist_bench.training.checkpoints import BEST_FILE, PREVIOUS_FILE, RESUME_FILE
from fmnist_bench.training.guards import DivergenceGuard
from fmnist_bench.training.run import run

pytestmark = pytest.mark.filterwarnings("ignore")


class Interrupted(Exception):
    pass


def interrupt(monkeypatch: pytest.MonkeyPatch, epoch: int, batch: int) -> None:
    """Make the run break off after `batch` of `epoch`."""

    def break_off(
        self: DivergenceGuard, trainer: pl.Trainer, module: Any, outputs: Any, b: Any, index: int
    ) -> None:
        if (trainer.current_epoch, index) == (epoch, batch):
            raise Interrupted

    monkeypatch.setattr(DivergenceGuard, "on_train_batch_end", break_off)


def curves(record: Record) -> list[dict[str, Any]]:
    return [entry.model_dump(exclude={"seconds"}) for entry in record.history or []]


@pytest.mark.parametrize(
    "overrides",
    [
        ("model.net.dropout=0.3", "augment=crop_flip_erase"),
        ("schedule=plateau", "schedule.patience=0", "optimizer.lr=0.01", "optimizer=sgd"),
        ("callbacks=[ema]", "callbacks.ema.decay=0.8", "schedule=onecycle"),
        ("callbacks=[early_stopping]", "callbacks.early_stopping.patience=1", "model=linear"),
        ("protocol=final", "protocol.validation=0", "callbacks=[ema]", "callbacks.ema.decay=0.8"),
    ],
)
def test_resumed_run_equals_the_uninterrupted_bit_by_bit(
    make_spec: Callable[..., Spec], monkeypatch: pytest.MonkeyPatch, overrides: tuple[str, ...]
) -> None:
    straight = make_spec("epochs=6", *overrides, "seed=3")
    expected = run(straight)
    assert expected is not None
    resumed = make_spec(
        "epochs=6", *overrides, "seed=3", f"paths.outputs={straight.folder / 'resumed'}"
    )
    for epoch, batch in ((1, 0), (1, 8), (3, 4)):
        with monkeypatch.context() as patch:
            interrupt(patch, epoch, batch)
            if epoch < expected.epochs:
                with pytest.raises(Interrupted):
                    run(resumed)
                assert (resumed.folder / RESUME_FILE).exists()
    record = run(resumed)
    assert record is not None
    one, two = (load_file(spec.folder / "weights.safetensors") for spec in (straight, resumed))
    assert all(torch.equal(one[name], two[name]) for name in one)
    first, second = (read_predictions(spec.folder, 100) for spec in (straight, resumed))
    assert np.array_equal(first.classes, second.classes)
    assert np.array_equal(first.confidence, second.confidence)
    assert curves(record) == curves(expected)
    assert (record.selection, record.epochs) == (expected.selection, expected.epochs)
    assert record.validation == expected.validation


def epochs_trained(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note each epoch that a later run starts."""
    started: list[int] = []
    original = DivergenceGuard.on_train_batch_end

    def note(
        self: DivergenceGuard, trainer: pl.Trainer, module: Any, outputs: Any, b: Any, index: int
    ) -> None:
        original(self, trainer, module, outputs, b, index)
        if index == 0:
            started.append(trainer.current_epoch)

    monkeypatch.setattr(DivergenceGuard, "on_train_batch_end", note)
    return started


@pytest.mark.parametrize(("cut", "first"), [((RESUME_FILE,), 2), ((RESUME_FILE, PREVIOUS_FILE), 0)])
def test_a_checkpoint_that_was_cut_off_costs_an_epoch_and_no_more(
    make_spec: Callable[..., Spec],
    monkeypatch: pytest.MonkeyPatch,
    cut: tuple[str, ...],
    first: int,
) -> None:
    overrides = ("epochs=5", "seed=3", "callbacks=[ema]", "callbacks.ema.decay=0.8")
    straight = make_spec(*overrides)
    expected = run(straight)
    resumed = make_spec(*overrides, f"paths.outputs={straight.folder / 'resumed'}")
    with monkeypatch.context() as patch:
        interrupt(patch, 3, 4)
        with pytest.raises(Interrupted):
            run(resumed)
    left = resumed.folder / f".{RESUME_FILE}.killed"  # as of a process that died while writing
    left.write_bytes(b"PK")
    for name in cut:
        content = (resumed.folder / name).read_bytes()
        (resumed.folder / name).write_bytes(content[: len(content) // 2])
    started = epochs_trained(monkeypatch)
    record = run(resumed)
    assert started[0] == first
    assert record is not None and expected is not None
    assert curves(record) == curves(expected)
    assert (record.validation, record.test) == (expected.validation, expected.test)
    ours = {RESUME_FILE, PREVIOUS_FILE, BEST_FILE, left.name}
    assert not ours & {path.name for path in resumed.folder.iterdir()}


def test_a_full_disk_leaves_the_checkpoint_before(
    make_spec: Callable[..., Spec], monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = make_spec("epochs=4")
    written: list[int] = []

    def fill_up(descriptor: int) -> None:
        written.append(descriptor)
        if len(written) > 3:
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("fmnist_bench.files.os.fsync", fill_up)
        with pytest.raises(BenchError, match="No space left on device"):
            run(spec)
    assert not list(spec.folder.glob(".*.ckpt.*"))
    started = epochs_trained(monkeypatch)
    assert run(spec) is not None
    assert started[0] > 0


def test_the_best_epoch_of_an_average_is_scored_as_it_was_validated(
    make_spec: Callable[..., Spec],
) -> None:
    overrides = ("epochs=3", "callbacks=[ema]", "callbacks.ema.decay=0.9", "optimizer.lr=0.02")
    record = run(make_spec(*overrides, "protocol.weights=best"))
    assert record is not None and record.validation is not None
    assert record.selection is not None and record.selection.epoch is not None
    assert record.history is not None
    best = record.history[record.selection.epoch]
    assert record.validation.accuracy == pytest.approx(best.validation_accuracy, abs=1e-6)
    assert record.validation.loss == pytest.approx(best.validation_loss, rel=1e-5)
