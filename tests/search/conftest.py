"""Studies on the small data; most tests replace the training by a function."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fmnist_bench.records.outcome import failed_record
from fmnist_bench.records.record import Epoch, Record, Score
from fmnist_bench.records.spec import Spec
from fmnist_bench.search.recipe import Tuning
from fmnist_bench.search.space import parse_space
from fmnist_bench.search.study import create_study

SPACE: dict[str, Any] = {
    "parameters": {
        "optimizer.lr": {"low": 1e-4, "high": 0.1, "log": True},
        "augment": ["none", "flip"],
    },
    "trials": 6,
}


@pytest.fixture
def make_tuning(
    idx_folder: Path, small_overrides: list[str], tmp_path: Path
) -> Callable[..., Tuning]:
    """Make a tuning of the MLP; keywords change the space."""

    def make(*overrides: str, **changes: Any) -> Tuning:
        return Tuning(
            name="small",
            space=parse_space({**SPACE, **changes}, "small.yaml"),
            overrides=(*small_overrides, *overrides),
            folder=tmp_path / "tune",
            data_folder=idx_folder,
            data_digest="0" * 64,
        )

    return make


@pytest.fixture
def make_study(tmp_path: Path) -> Callable[..., Path]:
    """Begin the study of a tuning, without composing every choice; return its file."""

    def make(tuning: Tuning, name: str = "study.journal", base_hash: str = "base") -> Path:
        create_study(tmp_path / name, tuning, base_hash)
        return tmp_path / name

    return make


@pytest.fixture
def record_of() -> Callable[..., Record]:
    """Make the record of a run of a spec that was never scored on the test set."""
    return _finished_record


def _finished_record(spec: Spec, accuracy: float, history: list[float] | None = None) -> Record:
    record = failed_record(spec, started=datetime.now(UTC), reason="error", error="x")
    epochs = [
        Epoch(
            epoch=number,
            train_loss=None,
            train_accuracy=None,
            validation_loss=None,
            validation_accuracy=value,
            learning_rate=0.1,
            seconds=1.0,
        )
        for number, value in enumerate(history or [])
    ]
    return record.model_copy(
        update={
            "status": "done",
            "reason": None,
            "error": None,
            "validation": Score.model_construct(accuracy=accuracy, loss=0.0),
            "history": epochs,
            "epochs": len(epochs),
        }
    )
