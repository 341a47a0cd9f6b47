"""What verify --deep finds in copies of official rows."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from fmnist_bench.inference.deep import deep_problems
from fmnist_bench.paths import cache_dir
from fmnist_bench.records.record import Record, write_record

RUNS = Path(__file__).parents[2] / "results" / "runs"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    for row in ("linear", "cnn"):
        for folder in (RUNS / row).glob(f"{row}-*-s0-*"):
            shutil.copytree(folder, tmp_path / "runs" / row / folder.name)
    return tmp_path


def reseal(results: Path, row: str, **changes: Any) -> None:
    for folder in (results / "runs" / row).iterdir():
        content = json.loads((folder / "record.json").read_bytes())
        write_record(folder, Record.model_validate(content | changes))


def found(results: Path) -> list[str]:
    return [str(problem) for problem in deep_problems(results)]


def test_official_rows_have_the_sizes_that_their_recipes_build(results: Path) -> None:
    assert found(results) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"parameters": 10}, "parameters is 10; its recipe builds 7850"),
        ({"macs": 10}, "macs is 10; its recipe builds 7840"),
    ],
)
def test_other_sizes_in_all_runs_are_named(
    results: Path, changes: dict[str, int], words: str
) -> None:
    reseal(results, "linear", **changes)
    lines = found(results)
    assert len(lines) == 2 and all("runs/linear/" in line and words in line for line in lines)


def test_weights_that_say_something_else_are_named(results: Path) -> None:
    if not (cache_dir() / "fashion_mnist").is_dir():
        pytest.skip("the test images are not in the cache")
    (folder,) = (results / "runs" / "linear").glob("linear-fashion_mnist-*")
    net = torch.nn.Linear(784, 10)
    names = {"weight": "classifier.weight", "bias": "classifier.bias"}
    save_file({names[key]: value for key, value in net.state_dict().items()}, folder / "x")
    (folder / "x").rename(folder / "weights.safetensors")
    (line,) = found(results)
    assert "its weights in" in line and "% of the test images alone" in line
    reseal(results, "linear", weights_digest="0" * 64)
    (line,) = found(results)
    assert "not the weights that were scored" in line
