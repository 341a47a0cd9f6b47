from datetime import datetime
from typing import Any

import numpy as np
import pytest
from matplotlib.dates import date2num

from fmnist_bench.errors import BenchError
from fmnist_bench.pictures.progress import progress_figure, progress_picture

TOLD = [("first", 0.91, 1), ("second", 0.90, 2), ("third", 0.94, 3)]


def change(row: str, mean: float, day: int, **more: Any) -> dict[str, Any]:
    told = {"dataset": "fashion_mnist", "row": row, "recipe": "a", "event": "ranked", "mean": mean}
    return {"date": f"2026-11-{day:02}T12:00:00Z", **told, "place": 1, "among": day, **more}


def test_every_ranked_row_stands_at_its_day_and_the_best_so_far_is_a_staircase() -> None:
    changes = [change(*each, best=each[0] != "second") for each in TOLD]
    changes += [change("prior", 0.1, 1, best=True), change("digits", 0.99, 2, dataset="mnist")]
    del (few := change("few", 0.95, 3))["place"]
    axes = progress_figure([*changes, few], "fashion_mnist").axes[0]
    rows, stairs, best = axes.get_lines()
    days = [date2num(datetime.fromisoformat(f"2026-11-0{day}T12:00:00+00:00")) for day in (1, 2, 3)]
    assert np.allclose(rows.get_xdata(), days)
    assert np.allclose(rows.get_ydata(), [91, 90, 94])
    assert stairs.get_drawstyle() == "steps-post"
    assert np.allclose(best.get_ydata(), [91, 94])
    assert [text.get_text() for text in axes.texts] == ["third 94.00", "first 91.00"]


def test_nothing_to_show_is_one_line(tmp_path: Any) -> None:
    with pytest.raises(BenchError, match="no ranked row of MNIST at 50% or more"):
        progress_figure([change("prior", 0.1, 1)], "mnist")
    with pytest.raises(BenchError, match=r"changes.jsonl: missing; fmnist-bench leaderboard"):
        progress_picture(tmp_path, tmp_path / "a.png", "mnist")
