"""What every test of a tracker needs: a home of its own, runs to follow, a server that hangs."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fmnist_bench.records.spec import Spec
from tests.tracking.following import Listener


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own, without credentials or settings of any tracker."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in list(os.environ):
        if name.startswith(("WANDB_", "MLFLOW_")):
            monkeypatch.delenv(name)
    return home


@pytest.fixture
def hard(make_spec: Callable[..., Spec]) -> Callable[..., Spec]:
    """Make the spec of a run that learns too little to get every test image right."""

    def make(*overrides: str) -> Spec:
        return make_spec("optimizer.lr=0.0002", "epochs=3", *overrides)

    return make


@pytest.fixture
def black_hole() -> Iterator[Listener]:
    """A server that takes connections and says nothing."""
    listener = Listener()
    yield listener
    listener.close()
