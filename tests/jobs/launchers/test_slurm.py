"""What Slurm is asked for, against a fake sbatch; and real runs through submitit's local mode."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.job import Outcome
from fmnist_bench.jobs.launchers.slurm import SlurmLauncher, _outcome
from fmnist_bench.jobs.process import Processes
from fmnist_bench.jobs.progress import Progress
from fmnist_bench.records.record import read_record
from fmnist_bench.records.spec import Spec

MakeSpec = Callable[..., Spec]
DDP = ("trainer=ddp", "trainer.accelerator=cpu", "batch_size=32")
SBATCH = """#!/bin/sh
cp "$1" "{folder}/script$(ls {folder} | wc -l).sh"
echo "Submitted batch job $(ls {folder} | wc -l)"
"""


@pytest.fixture
def scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a fake Slurm on the PATH, whose sbatch keeps the scripts it is given here."""
    programs, kept = tmp_path / "programs", tmp_path / "scripts"
    programs.mkdir()
    kept.mkdir()
    for name, text in {
        "srun": "#!/bin/sh\n",
        "sacct": "#!/bin/sh\n",
        "scancel": f'#!/bin/sh\necho "$1" >> {tmp_path}/cancelled\n',
        "sbatch": SBATCH.format(folder=kept),
    }.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    return kept


def launcher(tmp_path: Path, cluster: str = "slurm", **parameters: Any) -> SlurmLauncher:
    given = {"timeout_min": 90, "cpus_per_task": 4, "slurm_partition": None} | parameters
    return SlurmLauncher(cluster, str(tmp_path / "slurm"), {"slurm_max_num_timeout": 10}, given)


def submit(using: SlurmLauncher, specs: Sequence[Spec]) -> None:

    for parameters, alike in using._arrays(specs):
        using._submit(parameters, alike)


def asked(scripts: Path) -> list[dict[str, str]]:
    return [
        dict(re.findall(r"^#SBATCH --([\w-]+)=(.*)$", path.read_text(), re.MULTILINE))
        for path in sorted(scripts.iterdir())
    ]


def test_jobs_become_one_array_that_asks_for_what_each_needs(
    make_spec: MakeSpec, scripts: Path, tmp_path: Path
) -> None:
    submit(
        launcher(tmp_path, slurm_partition="long", slurm_array_parallelism=2),
        [make_spec(f"seed={s}") for s in range(3)],
    )
    (options,) = asked(scripts)
    assert options["array"] == "0-2%2"
    assert options["time"] == "90"
    assert options["cpus-per-task"] == "4"
    assert options["partition"] == "long"
    assert options["gpus-per-node"] == "0"
    assert options["signal"].startswith("USR2@")
    text = next(scripts.iterdir()).read_text()
    assert "srun" in text
    assert "submitit.core._submit" in text


def test_jobs_on_several_devices_get_an_array_of_their_own(
    make_spec: MakeSpec, scripts: Path, tmp_path: Path
) -> None:
    specs = [
        make_spec("trainer=gpu"),
        make_spec(*DDP),
        make_spec("trainer=ddp", "trainer.devices=4"),
        make_spec("trainer=gpu", "seed=1"),
    ]
    submit(launcher(tmp_path), specs)
    found = [(o["gpus-per-node"], o["cpus-per-task"], o.get("array")) for o in asked(scripts)]
    assert found == [("1", "4", "0-1%2"), ("0", "8", None), ("4", "16", None)]


def test_without_slurm_or_with_a_setting_it_does_not_know_nothing_is_submitted(
    make_spec: MakeSpec, scripts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BenchError, match="slurm_nonsense"):
        submit(launcher(tmp_path, slurm_nonsense=1), [make_spec()])
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(BenchError, match=r"hydra\.launcher: .*srun"):
        submit(launcher(tmp_path), [make_spec()])
    assert not any(scripts.iterdir())


class LostJob:
    """A job of submitit that ended without a result, in a state that sacct reports."""

    job_id = "7_1"

    def __init__(self, state: str, folder: Path) -> None:
        self.state = state
        self.paths = type("Paths", (), {"stderr": folder / "7_1.err"})

    def exception(self) -> Exception:
        return RuntimeError("no result")


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("OUT_OF_MEMORY", "out of memory"),
        ("TIMEOUT", "time limit"),
        ("NODE_FAIL", "killed"),
        ("FAILED", "killed"),
    ],
)
def test_a_job_that_slurm_ended_leaves_a_failed_record(
    make_spec: MakeSpec, tmp_path: Path, state: str, reason: str
) -> None:
    spec = make_spec()
    assert _outcome(LostJob(state, tmp_path), spec).state == "failed"
    record = read_record(spec.folder)
    assert record.reason == reason
    assert state in (record.error or "")
    assert "7_1.err" in (record.error or "")


def test_a_cancelled_job_has_not_failed(make_spec: MakeSpec, tmp_path: Path) -> None:
    spec = make_spec()
    assert _outcome(LostJob("CANCELLED by 1000", tmp_path), spec).state == "interrupted"
    assert not (spec.folder / "record.json").exists()


def test_leaving_a_sweep_cancels_its_jobs(
    make_spec: MakeSpec, scripts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fmnist_bench.jobs.launchers.slurm._PATIENCE_SECONDS", 0)

    def ctrl_c(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("fmnist_bench.jobs.launchers.slurm.time.sleep", ctrl_c)
    specs = [make_spec(f"seed={seed}") for seed in range(2)]
    with pytest.raises(KeyboardInterrupt):
        list(
            launcher(tmp_path).launch(
                specs, Progress(lambda line: None, specs, []), Processes(fork=False)
            )
        )
    assert (tmp_path / "cancelled").read_text().split() == ["1_0", "1_1"]


@pytest.mark.slow
def test_submitit_runs_the_jobs_and_a_failure_stays_where_it_happens(
    make_spec: MakeSpec, misbehaving: str, tmp_path: Path
) -> None:
    specs = [make_spec(misbehaving, f"+model.net.deed={deed}") for deed in ("good", "raise", "die")]
    using = launcher(tmp_path, "local", cpus_per_task=1)
    outcomes: dict[str, Outcome] = {
        outcome.spec.identity: outcome
        for outcome in using.launch(
            specs, Progress(lambda line: None, specs, []), Processes(fork=False)
        )
    }
    assert [outcomes[spec.identity].state for spec in specs] == ["trained", "failed", "failed"]
    assert [read_record(spec.folder).reason for spec in specs] == [None, "error", "killed"]
    assert all((spec.folder / "run.log").stat().st_size for spec in specs[:2])
