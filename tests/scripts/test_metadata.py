"""Croissant and model cards of a board, against what their readers want."""

import csv
import hashlib
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard

from fmnist_bench.board.entries import COLUMNS

SCRIPT = Path(__file__).parents[2] / "scripts" / "metadata.py"
FIGURES = {
    "mean": "0.9",
    "total_low": "0.89",
    "total_high": "0.91",
    "seeds": "0; 1",
    "planned": "2",
}
LINES: list[dict[str, str]] = [
    {"row": "small", "dataset": "fashion_mnist", "parameters": "10", **FIGURES},
    {"row": "small", "dataset": "mnist", "parameters": "10", **FIGURES, "mean": "0.99"},
    {"row": "not run", "dataset": "fashion_mnist"},
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    text = io.StringIO()
    writer = csv.DictWriter(text, ["schema_version", *COLUMNS], lineterminator="\n")
    writer.writeheader()
    writer.writerows({"schema_version": "1", **line} for line in LINES)
    (folder / "leaderboard.csv").write_text(text.getvalue())
    command = [sys.executable, str(SCRIPT), str(folder / "leaderboard.csv"), str(folder)]
    options = ["--url", "https://forge.example/a/b", "--date", "2026-01-02"]
    subprocess.run([*command, *options], check=True, cwd=SCRIPT.parents[1])
    return folder


def test_croissant_has_what_its_specification_requires(site: Path) -> None:
    import json

    content: dict[str, Any] = json.loads((site / "croissant.json").read_text())
    required = "@context @type conformsTo description license name url creator datePublished"
    assert all(content[key] for key in required.split())
    assert content["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    [file] = content["distribution"]
    assert file["sha256"] == hashlib.sha256((site / "leaderboard.csv").read_bytes()).hexdigest()
    [records] = content["recordSet"]
    columns = [field["source"]["extract"]["column"] for field in records["field"]]
    assert columns == ["schema_version", *COLUMNS]
    assert all(field["source"]["fileObject"]["@id"] == file["@id"] for field in records["field"])
    kinds = {field["name"]: field["dataType"] for field in records["field"]}
    wanted = {"row": "sc:Text", "parameters": "sc:Integer", "mean": "sc:Float"}
    assert {name: kinds[name] for name in wanted} == wanted
    assert len({field["@id"] for field in records["field"]}) == len(columns)


def test_a_card_is_read_as_evaluation_results(site: Path) -> None:
    assert [path.name for path in (site / "cards").iterdir()] == ["small.md"]
    results = ModelCard.load(site / "cards" / "small.md").data.eval_results
    assert results is not None
    assert {result.dataset_type: result.metric_value for result in results} == {
        "fashion_mnist": 0.9,
        "mnist": 0.99,
    }
    assert results[0].metric_name == "accuracy, mean of 2 seeds"
