"""What Ray is asked for, and a real instance of it on this machine."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.launchers.ray import RayLauncher, _cores, _refuse_impossible
from fmnist_bench.records.record import read_record
from fmnist_bench.records.spec import Spec

MakeSpec = Callable[..., Spec]
Start = Callable[..., "subprocess.Popen[str]"]
DDP = ("trainer=ddp", "trainer.accelerator=cpu")
RAY = ("-m", "hydra/launcher=ray", "hydra.launcher.ray.init.num_cpus=2")


def needs(spec: Spec, **remote: Any) -> dict[str, float]:
    return RayLauncher({"init": {}, "remote": {"num_cpus": 1, "num_gpus": None, **remote}})._needs(
        spec
    )


def test_a_job_asks_for_its_devices(make_spec: MakeSpec) -> None:
    assert needs(make_spec()) == {"num_cpus": 1, "num_gpus": 0}
    assert needs(make_spec("trainer=gpu")) == {"num_cpus": 1, "num_gpus": 1}
    assert needs(make_spec("trainer=gpu"), num_gpus=0.25) == {"num_cpus": 1, "num_gpus": 0.25}
    assert needs(make_spec(*DDP), num_cpus=3) == {"num_cpus": 6, "num_gpus": 0}
    ddp = make_spec("trainer=ddp", "trainer.devices=4")
    assert needs(ddp) == {"num_cpus": 4, "num_gpus": 4}
    with pytest.raises(BenchError, match=r"num_gpus=0\.5.*only a job on one device can share"):
        needs(ddp, num_gpus=0.5)
    with pytest.raises(BenchError, match=r"trainer\.devices: Ray chooses the devices"):
        needs(make_spec("trainer=gpu", "trainer.devices=[1]"))


def test_threads_are_the_whole_cores_of_a_job() -> None:
    assert [_cores({"num_cpus": cpus}) for cpus in (0, 0.5, 1, 2.9, 4)] == [1, 1, 1, 2, 4]


def test_what_no_machine_of_the_cluster_can_do_is_refused(make_spec: MakeSpec) -> None:
    class TwoMachines:
        @staticmethod
        def nodes() -> list[dict[str, Any]]:
            big, small, dead = {"CPU": 4.0, "GPU": 1.0}, {"CPU": 8.0}, {"CPU": 64.0, "GPU": 8.0}
            return [
                {"Alive": True, "Resources": big},
                {"Alive": True, "Resources": small},
                {"Alive": False, "Resources": dead},
            ]

    spec = make_spec()
    _refuse_impossible(TwoMachines, [spec], [{"num_cpus": 8, "num_gpus": 0}])
    _refuse_impossible(TwoMachines, [spec], [{"num_cpus": 4, "num_gpus": 1}])
    with pytest.raises(BenchError, match=r"num_cpus: .* asks for 9, .* more than 8"):
        _refuse_impossible(TwoMachines, [spec], [{"num_cpus": 9, "num_gpus": 0}])
    with pytest.raises(BenchError, match=r"num_gpus: .* asks for 2, .* more than 1"):
        _refuse_impossible(TwoMachines, [spec], [{"num_cpus": 1, "num_gpus": 2}])


@pytest.mark.slow
def test_jobs_run_side_by_side_and_failures_stay_where_they_happen(
    start: Start, misbehaving: str, runs: Path
) -> None:
    sweep = [*RAY, misbehaving, "speed.threads=null", "time_limit_seconds=60"]
    sweep += ["+model.net.deed=good,raise,die,diverge"]
    first = start(*sweep)
    out, err = first.communicate(timeout=300)
    assert first.returncode == 1, out + err
    assert "0 of 4 done, 4 to run" in out
    assert "1 trained" in out
    assert "3 failed" in out
    records = [read_record(folder) for folder in runs.iterdir()]
    assert {record.reason for record in records} == {None, "error", "killed", "diverged"}
    # Two jobs on two cores: one thread for each, though the config leaves it open.
    assert {record.threads for record in records if record.status == "done"} == {1}
    assert {record.config["speed"]["threads"] for record in records} == {None}

    again = start(*sweep)
    out, err = again.communicate(timeout=60)
    assert again.returncode == 1, out + err
    assert "1 of 4 done\n" in out
    assert "3 failed before" in out


@pytest.mark.slow
def test_ctrl_c_stops_all_jobs_and_the_same_command_continues_them(
    start: Start, runs: Path
) -> None:
    sweep = start(*RAY, "seed=0,1,2", "epochs=100000")
    while len(list(runs.glob("*/resume.ckpt"))) < 2:
        assert sweep.poll() is None
    sweep.send_signal(signal.SIGINT)
    out, err = sweep.communicate(timeout=120)
    assert sweep.returncode == 130, out + err
    assert "2 interrupted, 1 not run" in out
    assert "the same command continues" in err
    assert not list(runs.glob("*/record.json"))
    assert len(list(runs.glob("*/resume.ckpt"))) == 2
    commands = [
        " ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])
    ]
    assert not any(os.fspath(runs) in command for command in commands)
