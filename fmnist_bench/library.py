"""The suite from Python: `from fmnist_bench import compose, train, load_run, runs_table`."""

import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fmnist_bench.board.standings import Board, read_board
from fmnist_bench.config.compose import compose as compose_overrides
from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.answer import Answer, flat_lines
from fmnist_bench.jobs.listed import list_runs

if TYPE_CHECKING:
    import pandas

    from fmnist_bench.inference import TrainedRun


def compose(*overrides: str) -> dict[str, Any]:
    """Return the whole config of a run: `compose("model=mlp", "epochs=3")`.

    Raises:
        BenchError: an override is wrong, named in the message.
    """
    return compose_overrides(overrides)


def train(*overrides: str, force: bool = False) -> "TrainedRun":
    """Train a run in this process, on one device, and return it, to predict with or look at.

    It has the bits, the folder and the record that `fmnist-bench train` gives it. What is done
    already is not trained again, unless `force`; what was stopped goes on. torch's settings of
    determinism and threads are the run's afterwards.

    Raises:
        BenchError: an override is wrong, or the run fails.
    """
    from fmnist_bench.inference import load_run
    from fmnist_bench.jobs.in_process import train_here

    return load_run(train_here(overrides, force=force))


def runs_table(
    folder: str | os.PathLike[str] = "outputs", *, test: bool = False
) -> "pandas.DataFrame":
    """Return one line for each run below `folder`: state, accuracy, time, its whole config.

    Best validation accuracy first. Accuracies are in [0, 1]; the test accuracy, which is to
    report and not to choose by, is there with `test` alone.

    Raises:
        BenchError: there is no such folder, or pandas is not installed.
    """
    if importlib.util.find_spec("pandas") is None:
        raise BenchError("runs_table: needs pandas; pip install pandas")
    import pandas

    lines: Sequence[Any] = flat_lines(Answer.of(list_runs(Path(folder))))
    table = pandas.DataFrame(lines)
    return table if test else table.drop(columns="test", errors="ignore")


def leaderboard(results: str | os.PathLike[str] = "outputs") -> Board:
    """Return the board of the runs below `results`, with all its figures.

    Raises:
        BenchError: there is no such folder.
    """
    return read_board(Path(results))
