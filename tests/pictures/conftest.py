"""Fixtures for pictures: synthetic records, and what a picture's file says."""

import runpy
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from matplotlib.figure import Figure

from fmnist_bench.pictures.canvas import save
from fmnist_bench.records.record import Epoch, Record, Selection


@pytest.fixture(scope="session")
def synthetic() -> SimpleNamespace:
    """The builder of synthetic runs, tests/board/synthetic.py."""
    builder = Path(__file__).parents[1] / "board" / "synthetic.py"
    return SimpleNamespace(**runpy.run_path(str(builder)))


def epochs(count: int, **curves: Any) -> list[Epoch]:
    """A history of `count` epochs; each of `curves` is a value, or one for every epoch."""
    values: dict[str, Any] = {
        "train_loss": 0.5,
        "train_accuracy": 0.8,
        "validation_loss": 0.6,
        "validation_accuracy": 0.7,
        "learning_rate": 0.1,
        "seconds": 1.0,
    } | curves
    columns = {k: v if isinstance(v, list) else [v] * count for k, v in values.items()}
    return [Epoch(epoch=i, **{k: v[i] for k, v in columns.items()}) for i in range(count)]


@pytest.fixture
def make_record(synthetic: SimpleNamespace) -> Callable[..., Record]:
    """Make a record from its history's curves; `name` is the row's."""

    def make(
        count: int = 3, *, name: str = "cnn", seed: int = 0, recipe: str = "a", **values: Any
    ) -> Record:
        curves = {key: values.pop(key) for key in list(values) if key in Epoch.model_fields}
        chosen = Selection(weights="best", epoch=values.pop("best_epoch", None))
        changes = {"selection": chosen, "recipe_changes": {"epochs": recipe}} | values
        record: Record = synthetic.record(
            synthetic.row(name), seed=seed, history=epochs(count, **curves), **changes
        )
        return record

    return make


@pytest.fixture
def texts(tmp_path: Path) -> Callable[[Figure | Path], list[str]]:
    """Read every text of a figure, or of an SVG file, as an SVG says it."""

    def read(drawn: Figure | Path) -> list[str]:
        path = drawn if isinstance(drawn, Path) else save(drawn, tmp_path / "texts.svg")
        root = ElementTree.parse(path).getroot()
        found = root.iter("{http://www.w3.org/2000/svg}text")
        return ["".join(each.itertext()).strip() for each in found]

    return read
