"""Two nodes of one process each, on loopback: one record, written by the first."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fmnist_bench.jobs.environment import job_environment
from fmnist_bench.records.record import read_record
from fmnist_bench.records.spec import Spec

MakeSpec = Callable[..., Spec]
NODES = (
    *("trainer=ddp", "trainer.accelerator=cpu", "trainer.num_nodes=2", "trainer.devices=1"),
    *("speed.threads=1", "trainer.enable_progress_bar=false", "epochs=2"),
)
JOB = """
import sys
from pathlib import Path
from fmnist_bench.jobs.job import run_job
from fmnist_bench.records.spec import read_spec

outcome = run_job(read_spec(Path(sys.argv[1])))
print(outcome.state, outcome.detail)
sys.exit(not outcome.ok)
"""
SECONDS = 400  # a rendezvous that hangs ends here


def by_hand(node: int) -> dict[str, str]:
    return {"NODE_RANK": str(node)}


def by_slurm(node: int) -> dict[str, str]:
    return {
        **{"SLURM_JOB_ID": "1", "SLURM_JOB_NAME": "train", "SLURM_NTASKS": "2"},
        **{"SLURM_NNODES": "2", "SLURM_NTASKS_PER_NODE": "1", "SLURM_LOCALID": "0"},
        **{"SLURM_PROCID": str(node), "SLURM_NODEID": str(node)},
    }


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def run_together(commands: list[list[str]], environments: list[dict[str, str]]) -> list[str]:
    """Run the processes side by side; return what each of them said, all of them ended."""
    started = [
        subprocess.Popen(
            command,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )
        for command, environment in zip(commands, environments, strict=True)
    ]
    try:
        said = [process.communicate(timeout=SECONDS)[0] for process in started]
        assert [process.returncode for process in started] == [0, 0], said
        return said
    finally:
        for process in started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()


def assert_one_record_of_two_nodes(runs: Path) -> None:
    (path,) = runs.glob("*/record.json")
    record = read_record(path.parent)
    assert record.status == "done" and record.test is not None
    assert record.machine is not None and record.history is not None
    assert (record.machine.nodes, record.machine.processes) == (2, 2)
    assert len(record.history) == 2
    assert record.test_reads == 1
    # The first node alone counts lines of its tracker.
    assert len((path.parent / "metrics.csv").read_text().splitlines()) == 3


@pytest.mark.parametrize("started_by", [by_hand, pytest.param(by_slurm, marks=pytest.mark.slow)])
def test_two_nodes_leave_one_record(
    make_spec: MakeSpec, started_by: Callable[[int], dict[str, str]]
) -> None:
    spec = make_spec(*NODES)
    place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    said = run_together(
        [[sys.executable, "-c", JOB, str(spec.folder)]] * 2,
        [place | started_by(node) for node in (0, 1)],
    )
    assert "trained validation " in said[0]
    assert "trained the first node keeps the record" in said[1]
    assert_one_record_of_two_nodes(spec.folder.parent)


@pytest.mark.slow
def test_torchrun_starts_the_command_on_each_node(
    small_overrides: list[str], tmp_path: Path
) -> None:
    port = free_port()
    commands = [
        [
            *(sys.executable, "-m", "torch.distributed.run", "--nnodes=2", "--nproc-per-node=1"),
            *(f"--node-rank={node}", "--master-addr=127.0.0.1", f"--master-port={port}"),
            *("-m", "fmnist_bench", "train", *small_overrides, *NODES),
        ]
        for node in (0, 1)
    ]
    run_together(commands, [{}, {}])
    assert_one_record_of_two_nodes(tmp_path / "outputs" / "runs")


def test_ranks_of_others_do_not_reach_a_run_of_one_node(
    make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NODE_RANK", "1")
    monkeypatch.setenv("MASTER_ADDR", "nowhere")
    assert not {"NODE_RANK", "MASTER_ADDR"} & job_environment(make_spec().config).keys()
    kept = job_environment(make_spec(*NODES).config)
    assert (kept["NODE_RANK"], kept["MASTER_ADDR"]) == ("1", "nowhere")
