"""A run that was interrupted ends with the bits of one that was not."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from safetensors.torch import load_file

from fmnist_bench.runs.predictions import read_predictions
from fmnist_bench.runs.record import Record
from fmnist_bench.runs.run import run
from fmnist_bench.runs.spec import Spec
from fmnist_bench.training.guards import RESUME_FILE, DivergenceGuard

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
    return [entry.model_dump(exclude={"seconds"}) for entry in record.history]


@pytest.mark.parametrize(
    "overrides",
    [
        ("model.net.dropout=0.3", "augment=crop_flip_erase"),
        ("schedule=plateau", "schedule.patience=0", "optimizer.lr=0.01", "optimizer=sgd"),
        ("ema=standard", "ema.decay=0.8", "schedule=onecycle"),
        ("early_stopping=standard", "early_stopping.patience=1", "model=linear"),
        ("protocol=final", "protocol.validation=0", "ema=standard", "ema.decay=0.8"),
    ],
)
def test_resumed_run_equals_the_uninterrupted_bit_by_bit(
    make_spec: Callable[..., Spec], monkeypatch: pytest.MonkeyPatch, overrides: tuple[str, ...]
) -> None:
    straight = make_spec("epochs=6", *overrides, "seed=3")
    expected = run(straight)
    assert expected is not None
    resumed = Spec(
        {**straight.config, "paths": {"outputs": str(straight.folder / "resumed")}},
        straight.data_folder,
        straight.data_digest,
    )
    resumed.write()
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
    assert (record.best_epoch, record.epochs) == (expected.best_epoch, expected.epochs)
    assert record.validation == expected.validation
