"""One sweep in which everything that can go wrong does."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fmnist_bench.records.record import read_record

Start = Callable[..., "subprocess.Popen[str]"]
DEEDS = {
    "good": None,
    "raise": "error",
    "diverge": "diverged",
    "die": "killed",
    "gorge": "out of memory",
    "dawdle": "time limit",
}


@pytest.mark.slow
def test_failures_stay_where_they_happen_and_are_retried_alone(
    start: Start, misbehaving: str, runs: Path
) -> None:
    words = ["-m", misbehaving, f"+model.net.deed={','.join(DEEDS)}"]
    sweep = start(*words, "time_limit_seconds=25")
    out, err = sweep.communicate(timeout=300)
    assert sweep.returncode == 1, out + err
    assert out.strip().endswith("1 trained, 5 failed")
    for folder in runs.iterdir():
        record = read_record(folder)
        assert record.recipe is not None
        deed = record.recipe["model"]["net"]["deed"]
        assert record.reason == DEEDS[deed], record.error
        assert f"{record.reason}: {record.error}" in out or deed == "good"
        log = (folder / "run.log").read_text()
        assert ("bad luck" in log) == (deed == "raise")
        assert ("Traceback" in log) == (deed in ("raise", "gorge"))

    written = {path: path.stat().st_mtime_ns for path in runs.glob("*/record.json")}
    retry = start(*words, "--retry-failed", "time_limit_seconds=25")
    out, err = retry.communicate(timeout=300)
    assert retry.returncode == 1, out + err
    assert "1 of 6 done, 5 to run" in out
    assert out.strip().endswith("1 done before, 5 failed")
    again = [path for path, time in written.items() if path.stat().st_mtime_ns != time]
    assert len(again) == 5
    assert all(read_record(path.parent).status == "failed" for path in again)
