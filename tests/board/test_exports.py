import csv
import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import numpy as np
import pytest
from pyarrow import parquet

from fmnist_bench.board.agreement import Agreement
from fmnist_bench.board.entries import COLUMNS, SCHEMA_VERSION, json_schema
from fmnist_bench.board.exports import board_csv, board_frame, board_json, board_parquet
from fmnist_bench.board.standings import Board, read_board
from fmnist_bench.errors import BenchError


@pytest.fixture
def board(synthetic: SimpleNamespace, tmp_path: Path) -> Board:
    nets = {"fashion_mnist": synthetic.net(0.93), "mnist": synthetic.net(0.97)}
    both = synthetic.row("both", datasets=["fashion_mnist", "mnist"])
    full = {"timed_seconds": 17.0, "pretraining": "ImageNet-1k"}
    synthetic.write_row(tmp_path, both, nets, **full)
    twin = synthetic.row("=twin()", classifier="@x\n,\"'")
    synthetic.write_row(tmp_path, twin, {"fashion_mnist": synthetic.net(0.93)})
    gap = synthetic.row("gap", 6)
    synthetic.write_row(tmp_path, gap, {"fashion_mnist": synthetic.net(0.9)}, seeds=4)
    synthetic.write_run(tmp_path, synthetic.failed(gap, seed=4))
    synthetic.write_run(tmp_path, synthetic.failed(synthetic.row("lost", 1)))
    board = read_board(tmp_path)
    people = Agreement(majority=0.98, agreed=0.99, contested=0.7, people=0.8)
    return replace(board, people={board.standings[0].row.key: people})


def entries(board: Board) -> dict[tuple[str, str], dict[str, Any]]:
    content = json.loads(board_json(board))
    return {(each["row"], each["dataset"]): each for each in content["entries"]}


def test_json_is_what_its_schema_says(board: Board) -> None:
    schema, content = json_schema(), json.loads(board_json(board))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(content, schema)
    assert content["schema_version"] == SCHEMA_VERSION and len(content["entries"]) == 5
    columns = schema["properties"]["entries"]["items"]["properties"]
    assert all(list(each) == list(columns) for each in content["entries"])
    content["entries"][0]["mean"] = "much"
    with pytest.raises(jsonschema.ValidationError, match="much"):
        jsonschema.validate(content, schema)


def test_every_column_leads_somewhere(board: Board) -> None:
    """A path that names nothing would be null in every entry."""
    known = {name for each in entries(board).values() for name in each if each[name] is not None}
    assert known == set(COLUMNS)


def test_figures_against_numpy(board: Board) -> None:
    found = entries(board)["both", "fashion_mnist"]
    runs = next(s.row.fashion.runs for s in board.standings if s.row.label.name == "both")
    accuracies = [run.record.test.accuracy for run in runs if run.record.test]
    assert found["mean"] == pytest.approx(np.mean(accuracies), rel=1e-5)
    assert found["std"] == pytest.approx(np.std(accuracies, ddof=1), rel=1e-5)
    times = [run.record.train_seconds for run in runs]
    assert found["train_seconds"] == np.median(times)
    assert (found["train_seconds_low"], found["train_seconds_high"]) == (min(times), max(times))
    assert (found["rank_best"], found["rank_worst"], found["tied"]) == (1, 2, ["=twin()"])
    assert found["images_low"] < found["mean"] < found["total_high"]


def test_what_is_missing_is_null_and_never_zero(board: Board) -> None:
    gap = entries(board)["gap", "fashion_mnist"]
    assert (gap["planned"], gap["seeds"]) == (6, [0, 1, 2, 3])
    assert (gap["missing"], gap["failed"], gap["rank_best"]) == ([4, 5], [4], None)
    lost = entries(board)["lost", "fashion_mnist"]
    assert lost["mean"] is lost["macs"] is lost["calibration"] is None
    assert (lost["tier"], lost["status"]) == ("failed", "no result")


def test_csv_is_the_same_as_a_spreadsheet_may_read_it(board: Board) -> None:
    lines = list(csv.DictReader(io.StringIO(board_csv(board).decode())))
    for line, entry in zip(lines, entries(board).values(), strict=True):
        assert line.pop("schema_version") == str(SCHEMA_VERSION)
        for name, value in entry.items():
            text = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
            assert line[name].removeprefix("'") == ("" if value is None else text)
            assert not line[name].startswith(("=", "+", "-", "@"))


def test_the_same_board_gives_the_same_bytes(board: Board) -> None:
    assert board_csv(board) == board_csv(board)
    assert board_json(board) == board_json(board)


def test_parquet_and_frame_hold_what_the_json_holds(board: Board) -> None:
    expected = list(entries(board).values())
    stored = parquet.read_table(io.BytesIO(board_parquet(board)))
    assert stored.schema.metadata[b"schema_version"] == str(SCHEMA_VERSION).encode()
    assert stored.to_pylist() == expected
    frame = board_frame(board)
    assert list(frame.columns) == list(COLUMNS)
    best = frame[frame.dataset == "fashion_mnist"].sort_values("order").iloc[0]
    assert best["mean"] == max(e["mean"] or 0 for e in expected if e["dataset"] == "fashion_mnist")


def test_without_pyarrow_it_is_one_line(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(BenchError, match=r"needs pyarrow; pip install"):
        board_parquet(board)
