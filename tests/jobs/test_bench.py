"""`fmnist-bench bench` over its list of rows: interrupted, continued, done."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest


@pytest.mark.slow
def test_a_bench_is_interrupted_and_continued_at_will(
    small_overrides: list[str], tmp_path: Path
) -> None:
    drop = ("model=", "epochs=", "paths.outputs=")
    words = [word for word in small_overrides if not word.startswith(drop)]
    outputs = tmp_path / "results"
    command = [sys.executable, "-m", "fmnist_bench", "bench", "quick", "--outputs", str(outputs)]
    command += [*words, "row.seeds=1", "row.datasets=[fashion_mnist]", "epochs=2"]

    def start() -> "subprocess.Popen[str]":
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
        )

    bench = start()
    while not list(outputs.glob("runs/*/record.json")):
        assert bench.poll() is None, bench.communicate()
        time.sleep(0.05)
    bench.send_signal(signal.SIGINT)
    out, err = bench.communicate(timeout=60)
    assert bench.returncode == 130, out + err
    assert "0 of 4 done, 4 to run" in out
    assert not (outputs / "leaderboard.md").exists()

    out, err = start().communicate(timeout=240)
    done = re.search(r"(\d) of 4 done, (\d) to run", out)
    assert done is not None, out + err
    assert int(done[1]) >= 1
    assert int(done[1]) + int(done[2]) == 4
    assert re.search(r"^\[1/\d\] quick_.* \(about \d+:\d\d left\)$", out, re.MULTILINE)
    assert (outputs / "leaderboard.md").exists()

    out, err = start().communicate(timeout=60)
    assert "4 of 4 done\n" in out, err
