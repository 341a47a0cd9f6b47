import json
import subprocess
import sys
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).parents[2] / "scripts" / "rank_change.py"


def entry(row: str, rank: tuple[int, int] | None, mean: float, **more: Any) -> dict[str, Any]:
    best, worst = rank or (None, None)
    ranked = "ranked" if rank else "provisional"
    figures = {"rank_best": best, "rank_worst": worst, "mean": mean, "status": ranked}
    where = {"row": row, "recipe": "r", "dataset": "fashion_mnist"}
    rest = {"std": 0.001, "seeds": [0, 1, 2, 3, 4], "failed": [], "train_seconds": 100.0}
    return where | figures | rest | more


BEFORE = [entry("top", (1, 1), 0.94), entry("mid", (2, 3), 0.92), entry("gone", (2, 3), 0.91)]
AFTER = [
    entry("top", (1, 1), 0.94),
    entry("new", (2, 2), 0.93, train_seconds=301.0),
    entry("mid", (3, 3), 0.92),
    entry("short | x", None, 0.90, seeds=[0, 1, 2]),
]


def say(tmp_path: Path, after: list[dict[str, Any]], *options: str) -> list[str]:
    for name, board in (("before", BEFORE), ("after", after)):
        (tmp_path / name).write_text(json.dumps({"entries": board}))
    command = [sys.executable, str(SCRIPT), str(tmp_path / "before"), str(tmp_path / "after")]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_new_moved_and_gone_rows_are_told(tmp_path: Path) -> None:
    assert say(tmp_path, AFTER)[2:] == [
        "| new | fashion_mnist | - | - | 2 | 93.00 (5) |",
        "| mid | fashion_mnist | 2-3 | 92.00 (5) | 3 | 92.00 (5) |",
        "| short  x | fashion_mnist | - | - | provisional | 90.00 (3) |",
        "| gone | fashion_mnist | 2-3 | 91.00 (5) | - | - |",
    ]


def test_the_same_board_changes_nothing(tmp_path: Path) -> None:
    assert say(tmp_path, BEFORE) == ["No accuracy and no rank changes."]


def test_cheap_rows_are_those_with_new_runs(tmp_path: Path) -> None:
    assert say(tmp_path, AFTER, "--cheap", "300") == ["short | x"]
    assert say(tmp_path, AFTER, "--cheap", "99") == []


def test_it_reads_what_the_board_writes() -> None:
    from fmnist_bench.board.entries import COLUMNS

    assert set(AFTER[0]) <= set(COLUMNS)
