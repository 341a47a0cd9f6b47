"""Ctrl-C, and sweeps that share their results."""

import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from fmnist_bench.records.record import read_record

Start = Callable[..., "subprocess.Popen[str]"]


def wait_for(sweep: "subprocess.Popen[str]", runs: Path, pattern: str) -> Path:
    """Wait until a file of a run appears."""
    while not (found := list(runs.glob(pattern))):
        assert sweep.poll() is None, sweep.communicate()
        time.sleep(0.01)
    return found[0]


def test_ctrl_c_keeps_what_is_done_and_the_same_command_continues(start: Start, runs: Path) -> None:
    words = ["-m", "seed=0,1", "epochs=150"]
    sweep = start(*words)
    resume = wait_for(sweep, runs, "*/resume.ckpt")
    sweep.send_signal(signal.SIGINT)
    out, err = sweep.communicate(timeout=60)
    assert sweep.returncode == 130, out + err
    assert err.splitlines()[-1] == "fmnist-bench: stopped; the same command continues"
    assert "Traceback" not in out + err
    assert "1 interrupted, 1 not run" in out
    assert resume.exists()
    assert [path.name for path in runs.iterdir()] == [resume.parent.name]
    assert not (resume.parent / "record.json").exists()
    trained = len(re.findall("epoch", out))

    words[1] = "seed=0"  # half of the sweep, to save time
    again = start(*words)
    out, err = again.communicate(timeout=120)
    assert again.returncode == 0, out + err
    first = re.search(r"epoch (\d+)/150", out)
    # The epoch that was under way may have been told and not yet saved.
    assert first is not None
    assert max(2, trained) <= int(first[1]) <= trained + 1
    history = read_record(resume.parent).history
    assert [epoch.epoch for epoch in history or []] == list(range(150))


def test_ctrl_c_twice_stops_now(start: Start, misbehaving: str, runs: Path) -> None:
    # A step that lasts for ever and ignores the first Ctrl-C.
    sweep = start(misbehaving, "+model.net.deed=dawdle", "+model.net.deaf=true")
    wait_for(sweep, runs, "*/deaf")
    jobs = psutil.Process(sweep.pid).children(recursive=True)
    for _ in range(2):
        sweep.send_signal(signal.SIGINT)
        time.sleep(0.5)
    out, err = sweep.communicate(timeout=30)
    assert sweep.returncode == 130, out + err
    assert "1 interrupted" in out
    assert jobs
    assert psutil.wait_procs(jobs, timeout=10)[1] == []


def test_a_sweep_that_is_killed_takes_its_job_with_it(start: Start, runs: Path) -> None:
    sweep = start("epochs=100000")
    wait_for(sweep, runs, "*/resume.ckpt")
    jobs = psutil.Process(sweep.pid).children(recursive=True)
    assert len(jobs) == 2  # the server, and the run that was forked from it
    sweep.kill()
    sweep.communicate()
    assert psutil.wait_procs(jobs, timeout=30)[1] == []
    assert list(runs.glob("*/resume.ckpt"))


@pytest.mark.slow
def test_two_sweeps_at_once_over_the_same_runs_train_each_once(start: Start, runs: Path) -> None:
    words = ["-m", "seed=0,1,2", "epochs=20"]
    sweeps = [start(*words), start(*words)]
    outs = [sweep.communicate(timeout=240) for sweep in sweeps]
    text = "\n".join(out for out, _ in outs)
    assert len(list(runs.iterdir())) == 3
    assert {read_record(folder).status for folder in runs.iterdir()} == {"done"}
    trained = re.findall(r"^trained +(\S+)", text, re.MULTILINE)
    assert sorted(trained) == sorted(folder.name for folder in runs.iterdir())
    assert "waiting for another process that trains" in text
    assert [sweep.returncode for sweep in sweeps] == [0, 0]
