"""Launchers that are plugins of Hydra."""

import re
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import pytest

from fmnist_bench.records.record import read_record

Start = Callable[..., "Popen[str]"]


@pytest.mark.slow
def test_hydras_joblib_launcher_runs_a_sweep(start: Start, runs: Path) -> None:
    words = ["-m", "seed=0,1", "epochs=1", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2"]
    out, err = (sweep := start(*words)).communicate(timeout=240)
    assert sweep.returncode == 0, out + err
    assert out.strip().endswith("2 trained")
    assert [read_record(folder).seed for folder in sorted(runs.iterdir())] == [0, 1]
    again, _ = start(*words).communicate(timeout=60)
    assert re.search("^2 of 2 done$", again, re.MULTILINE)
