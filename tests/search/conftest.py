"""Studies on the small data; most tests replace the training by a function."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import optuna
import pytest

from fmnist_bench.config.compose import compose
from fmnist_bench.jobs.prepare import prepare
from fmnist_bench.records.environment import CORES_VARIABLE, cores
from fmnist_bench.records.outcome import failed_record
from fmnist_bench.records.record import Epoch, Record, Score
from fmnist_bench.records.spec import Spec
from fmnist_bench.search.crew import Crew
from fmnist_bench.search.space import parse_space
from fmnist_bench.search.study import create_study, open_study
from fmnist_bench.search.tuning import Tuning

SPACE: dict[str, Any] = {
    "overrides": [],
    "parameters": {
        "optimizer.lr": {"low": 1e-4, "high": 0.1, "log": True},
        "augment": ["none", "flip"],
    },
    "first": [],
    "trials": 6,
    "seeds": 1,
    "sampler": {"_target_": "optuna.samplers.TPESampler", "seed": 0},
    "pruner": {"_target_": "optuna.pruners.MedianPruner"},
}


@pytest.fixture(autouse=True)
def all_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a crew says of cores is undone after each test."""
    monkeypatch.setenv(CORES_VARIABLE, str(cores()))


@pytest.fixture
def make_tuning(small_overrides: list[str]) -> Callable[..., Tuning]:
    """Make a tuning of the MLP; keywords change the space."""
    digest = prepare(compose(small_overrides), print).data_digest

    def make(*overrides: str, **changes: Any) -> Tuning:
        space = parse_space({**SPACE, **changes}, "small.yaml")
        return Tuning("small", space, (*small_overrides, *overrides), digest)

    return make


@pytest.fixture
def make_study(tmp_path: Path) -> Callable[..., Path]:
    """Begin the study of a tuning, without looking at every choice; return its folder."""

    def make(tuning: Tuning, name: str = "study", digest: str = "digest") -> Path:
        (tmp_path / name).mkdir()
        create_study(tmp_path / name, tuning, digest)
        return tmp_path / name

    return make


@pytest.fixture
def tune(monkeypatch: pytest.MonkeyPatch) -> Callable[..., optuna.Study]:
    """Work on a study with a function in place of the training; return what it then is."""

    def work(
        folder: Path, tuning: Tuning, train: Callable[[Spec], Record], trials: int | None = None
    ) -> optuna.Study:
        monkeypatch.setattr(Crew, "_train", lambda crew, spec: train(spec))
        Crew(tuning, folder, 1, print).work(open_study(folder), trials or tuning.space.trials)
        return open_study(folder)

    return work


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
