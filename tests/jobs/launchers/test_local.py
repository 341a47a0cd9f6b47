"""Jobs side by side on this machine."""

import os
import re
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import torch
from safetensors.torch import load_file

from fmnist_bench.config.compose import compose
from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.launchers.choose import usual_launcher
from fmnist_bench.jobs.launchers.local import LocalLauncher, at_once
from fmnist_bench.jobs.launchers.one_by_one import OneByOne
from fmnist_bench.jobs.plan import plan
from fmnist_bench.jobs.process import Processes
from fmnist_bench.jobs.progress import Progress
from fmnist_bench.records.environment import CORES_VARIABLE
from fmnist_bench.records.record import read_record
from fmnist_bench.records.spec import Spec

MakeSpec = Callable[..., Spec]


@pytest.fixture(autouse=True)
def four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CORES_VARIABLE, "4")
    monkeypatch.setattr(psutil, "virtual_memory", lambda: type("M", (), {"available": 1 << 40}))


def run(launcher: LocalLauncher, specs: list[Spec], say: Callable[[str], None]) -> list[str]:
    with Processes(fork=True) as processes:
        outcomes = list(launcher.launch(specs, Progress(say, specs, []), processes))
    assert {each.spec.name for each in outcomes} == {spec.name for spec in specs}
    return sorted(each.state for each in outcomes)


def test_jobs_side_by_side_end_as_one_after_another_and_fail_alone(
    make_spec: MakeSpec, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []
    words = ("epochs=2", "model.net.dropout=0.2")
    specs = [make_spec(*words, f"seed={seed}") for seed in range(3)]
    wrong = make_spec("optimizer=sgd", "optimizer.lr=1e35", "data.scaling=raw")
    assert run(LocalLauncher(2), [*specs, wrong], said.append) == ["failed", *["trained"] * 3]
    assert said[0] == "2 at a time, each on 2 of 4 cores; see their run.log"
    assert re.match(r"\[1/4\] (trained|failed)  mlp-", said[1])
    assert "epoch" not in capfd.readouterr().out
    alone = make_spec(*words, "seed=2", f"paths.outputs={tmp_path / 'alone'}")
    with Processes(fork=True) as processes:
        assert processes.run(alone) == 0
    one, two = (load_file(each.folder / "weights.safetensors") for each in (specs[2], alone))
    assert all(torch.equal(one[name], two[name]) for name in one)
    record = read_record(specs[0].folder)
    assert record.machine is not None
    assert (record.machine.cores, record.machine.threads) == (2, 1)


def test_closing_stops_what_runs_where_it_can_go_on(make_spec: MakeSpec) -> None:
    specs = [make_spec("epochs=100000", f"seed={seed}") for seed in range(3)]
    with Processes(fork=True) as processes:
        outcomes = LocalLauncher(2).launch(specs, Progress(lambda line: None, specs, []), processes)

        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        waiter = threading.Thread(target=_interrupt_when_two_train, args=(specs,))
        waiter.start()
        try:
            with pytest.raises(KeyboardInterrupt):
                next(outcomes)
        finally:
            waiter.join()
            signal.signal(signal.SIGINT, before)
    assert not [spec for spec in specs if (spec.folder / "record.json").exists()]
    assert not (specs[2].folder / "run.log").exists()
    assert all((spec.folder / "resume.ckpt").exists() for spec in specs[:2])


def _interrupt_when_two_train(specs: list[Spec]) -> None:
    while sum((each.folder / "resume.ckpt").exists() for each in specs) < 2:
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("jobs", ["0", "-1", "1.5", "many", "true"])
def test_a_pool_of_nothing_is_one_line(jobs: str) -> None:
    with pytest.raises(BenchError, match=r"hydra\.launcher\.jobs: .* expected auto or a whole"):
        plan(["-m", "seed=1,2", "hydra/launcher=local", f"hydra.launcher.jobs={jobs}"])


def test_as_many_run_at_once_as_cores_memory_and_threads_allow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, all_cores = compose(["model=mlp", "trainer=cpu"]), compose(["model=cnn", "trainer=cpu"])
    assert at_once([one]) == at_once([all_cores]) == 4
    assert at_once([one, compose(["speed.threads=2", "trainer=cpu"])]) == 2
    monkeypatch.setattr(psutil, "virtual_memory", lambda: type("M", (), {"available": 4 << 30}))
    assert at_once([one]) == 2
    monkeypatch.setattr("fmnist_bench.jobs.launchers.local.nvidia_gpus", lambda: 3)
    assert at_once([compose(["trainer=gpu"])]) == 3


def test_it_is_the_default_where_nothing_but_time_changes(make_spec: MakeSpec) -> None:
    small = [make_spec(f"seed={seed}") for seed in range(8)]
    assert usual_launcher(small) == LocalLauncher(4)
    assert usual_launcher(small[:7]) == OneByOne()  # not two rounds
    whole = [make_spec(f"seed={seed}", "speed.threads=null") for seed in range(8)]
    assert usual_launcher(whole) == OneByOne()  # other threads, other bits
    timed = [make_spec(f"seed={seed}", "warm_up_steps=3") for seed in range(8)]
    assert usual_launcher(timed) == OneByOne()
    chosen = plan(["-m", "seed=range(8)", "model=mlp", "trainer=cpu", "hydra/launcher=basic"])
    assert chosen is not None
    assert chosen.chosen
    usual = plan(["-m", "seed=range(8)", "model=mlp", "trainer=cpu"])
    assert usual is not None
    assert not usual.chosen
