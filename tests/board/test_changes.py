import json
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from fmnist_bench.board.changes import FILE_NAME, changes_of, records_of_accuracy, updated
from fmnist_bench.board.standings import read_board
from fmnist_bench.errors import BenchError


def add(
    synthetic: SimpleNamespace, results: Path, name: str, accuracy: float, day: int, seeds: int = 5
) -> None:
    """Write a row whose runs end an hour apart on `day`."""
    truth = synthetic.labels("fashion_mnist")
    for seed in range(seeds):
        ended = synthetic.START + timedelta(days=day, hours=seed)
        record = synthetic.record(synthetic.row(name), seed=seed, ended=ended, started=ended)
        predictions = synthetic.net(accuracy).predictions(truth, seed + 100 * day)
        synthetic.write_run(results / "runs", record, predictions)


@pytest.fixture
def results(synthetic: SimpleNamespace, tmp_path: Path) -> Path:
    add(synthetic, tmp_path, "second", 0.93, 2)
    add(synthetic, tmp_path, "first", 0.90, 1)
    add(synthetic, tmp_path, "third", 0.91, 3)
    add(synthetic, tmp_path, "part", 0.95, 4, seeds=3)
    return tmp_path


def test_rows_come_as_their_third_and_fifth_seeds_end(results: Path) -> None:
    board = read_board(results)
    changes = changes_of(board)
    assert [(each["row"], each["event"]) for each in changes] == [
        *(("first", "provisional"), ("first", "ranked"), ("second", "provisional")),
        *(("second", "ranked"), ("third", "provisional"), ("third", "ranked")),
        ("part", "provisional"),
    ]
    ranked = [each for each in changes if each["event"] == "ranked"]
    assert [(each["place"], each["among"]) for each in ranked] == [(1, 1), (1, 2), (2, 3)]
    means = {each.row.label.name: each.row.fashion.mean for each in board.standings}
    for change in ranked:
        assert change["mean"] == pytest.approx(means[change["row"]], abs=1e-6)
    best = records_of_accuracy(changes, "fashion_mnist")
    assert [each["row"] for each in best] == ["first", "second"]
    assert best[0]["date"] == "2026-11-02T16:00:00Z"


def test_the_log_is_only_ever_added_to(synthetic: SimpleNamespace, results: Path) -> None:
    before = updated(results, read_board(results))
    (results / FILE_NAME).write_text(before)
    assert updated(results, read_board(results)) == before
    add(synthetic, results, "early", 0.99, 0)
    after = updated(results, read_board(results))
    assert after.startswith(before)
    new = [json.loads(line) for line in after.removeprefix(before).splitlines()]
    assert [(each["row"], each["event"]) for each in new] == [
        ("early", "provisional"),
        ("early", "ranked"),
    ]


@pytest.mark.parametrize("line", ["{", "[]", '{"row": "x"}', "3"])
def test_a_spoilt_log_is_one_line(results: Path, line: str) -> None:
    (results / FILE_NAME).write_text(line + "\n")
    with pytest.raises(BenchError, match=r"changes.jsonl: line 1 is not a change of the board"):
        updated(results, read_board(results))
