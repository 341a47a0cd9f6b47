"""What becomes of a job's processes; the job is a small script instead of a training."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from filelock import FileLock

from fmnist_bench.errors import BenchError
from fmnist_bench.jobs import process as module
from fmnist_bench.jobs.job import record_failure, run_job
from fmnist_bench.jobs.process import Processes
from fmnist_bench.jobs.worker import LOCK_FILE
from fmnist_bench.records.environment import CORES_VARIABLE, cores
from fmnist_bench.records.outcome import failed_record
from fmnist_bench.records.record import Score, read_record, write_record
from fmnist_bench.records.spec import Spec

MakeSpec = Callable[..., Spec]
Script = Callable[[str], None]
IGNORE = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
SAY_READY = "open(folder + '/ready', 'w').close()\n"


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """Make every job run this Python code, which finds its run's folder in `folder`."""

    def use(code: str) -> None:
        path = tmp_path / "job.py"
        path.write_text("import os, sys\nfolder = sys.argv[-1]\n" + code)
        monkeypatch.setattr(module, "COMMAND", (sys.executable, str(path)))

    return use


@pytest.mark.parametrize(
    ("code", "reason", "said"),
    [
        ("sys.exit(3)", "error", "status 3"),
        ("os.kill(os.getpid(), 9)", "killed", "SIGKILL"),
        ("os.abort()", "killed", "SIGABRT"),
        ("import time; time.sleep(99)", "time limit", "time_limit_seconds=1"),
    ],
)
def test_a_job_that_leaves_no_record_gets_one(
    make_spec: MakeSpec, script: Script, code: str, reason: str, said: str
) -> None:
    script(code)
    spec = make_spec("time_limit_seconds=1")
    outcome = run_job(spec)
    assert outcome.state == "failed"
    record = read_record(spec.folder)
    assert (record.status, record.reason) == ("failed", reason)
    assert said in (record.error or "")
    assert said in outcome.detail


@pytest.mark.parametrize("code", ["sys.exit(130)", "os.kill(os.getpid(), 15)"])
def test_a_job_that_was_asked_to_stop_has_not_failed(
    make_spec: MakeSpec, script: Script, code: str
) -> None:
    script(code)
    spec = make_spec()
    assert run_job(spec).state == "interrupted"
    assert not (spec.folder / "record.json").exists()


@pytest.mark.parametrize("end", ["sys.exit(1)", "os.kill(os.getpid(), 9)", "time.sleep(99)"])
def test_no_process_outlives_its_job(make_spec: MakeSpec, script: Script, end: str) -> None:
    script(
        "import subprocess, time\n"
        "rank = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)'])\n"
        f"open(folder + '/rank', 'w').write(str(rank.pid))\n{end}"
    )
    spec = make_spec("time_limit_seconds=3")
    run_job(spec)
    rank = int((spec.folder / "rank").read_text())
    assert not psutil.pid_exists(rank) or psutil.Process(rank).status() == psutil.STATUS_ZOMBIE


@pytest.fixture
def interrupts() -> Iterator[Callable[[Path, int], None]]:
    """Send Ctrl-C to this process so many times once a job has said that it is ready."""
    threads = []

    def after_ready(folder: Path, times: int) -> None:
        def send() -> None:
            while not (folder / "ready").exists():
                time.sleep(0.01)
            for _ in range(times):
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0.3)

        threads.append(threading.Thread(target=send))
        threads[-1].start()

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield after_ready
    for thread in threads:
        thread.join()
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_lets_the_job_finish_what_it_writes(
    make_spec: MakeSpec, script: Script, interrupts: Callable[[Path, int], None]
) -> None:
    script(
        f"import time\ntry:\n    {SAY_READY}    time.sleep(99)\n"
        "except KeyboardInterrupt:\n    open(folder + '/saved', 'w').close()"
    )
    spec = make_spec()
    interrupts(spec.folder, 1)
    with pytest.raises(KeyboardInterrupt):
        run_job(spec)
    assert (spec.folder / "saved").exists()
    assert not (spec.folder / "record.json").exists()


def test_ctrl_c_twice_ends_a_job_that_does_not_stop(
    make_spec: MakeSpec, script: Script, interrupts: Callable[[Path, int], None]
) -> None:
    script(
        IGNORE + SAY_READY + "open(folder + '/pid', 'w').write(str(os.getpid()))\ntime.sleep(99)"
    )
    spec = make_spec()
    interrupts(spec.folder, 2)
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_job(spec)
    assert time.monotonic() - started < module._PATIENCE_SECONDS / 2
    assert not psutil.pid_exists(int((spec.folder / "pid").read_text()))


def test_a_job_is_no_rank_of_whatever_started_it_and_ranks_divide_the_cores(
    make_spec: MakeSpec, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RANK", "MASTER_PORT", "SLURM_PROCID", "PL_GLOBAL_SEED"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv(CORES_VARIABLE, "6")
    script("import json; json.dump(dict(os.environ), open(folder + '/environment', 'w'))")
    for overrides, share in (((), "6"), (("trainer=ddp", "trainer.accelerator=cpu"), "3")):
        spec = make_spec(*overrides)
        Processes(fork=False).run(spec)
        environment = (spec.folder / "environment").read_text()
        assert f'"{CORES_VARIABLE}": "{share}"' in environment
        assert not any(f'"{name}' in environment for name in ("RANK", "MASTER_", "SLURM_", "PL_"))


OF_THE_USER = {
    "OMP_WAIT_POLICY": "active",
    "MALLOC_ARENA_MAX": "1",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=0",
}


@pytest.mark.parametrize(
    ("mine", "expected"),
    [
        (
            {},
            {
                "OMP_WAIT_POLICY": "passive",
                "MALLOC_TRIM_THRESHOLD_": str(16 << 30),
                "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
            },
        ),
        (OF_THE_USER, OF_THE_USER),
    ],
)
def test_a_job_keeps_its_memory_and_spins_briefly_unless_the_user_says_otherwise(
    make_spec: MakeSpec,
    script: Script,
    monkeypatch: pytest.MonkeyPatch,
    mine: dict[str, str],
    expected: dict[str, str],
) -> None:
    set_here = ("MALLOC_", "OMP_WAIT", "GOMP_", "GLIBC_")
    for name in [name for name in os.environ if name.startswith(set_here)]:
        monkeypatch.delenv(name)
    for name, value in mine.items():
        monkeypatch.setenv(name, value)
    script("import json; json.dump(dict(os.environ), open(folder + '/environment', 'w'))")
    spec = make_spec()
    Processes(fork=False).run(spec)
    environment = json.loads((spec.folder / "environment").read_text())
    assert expected.items() <= environment.items()
    if mine:
        assert not {"GOMP_SPINCOUNT", "MALLOC_TRIM_THRESHOLD_"} & environment.keys()


@pytest.mark.parametrize(
    ("overrides", "mine", "seen"),
    [
        ((), None, ""),
        ((), "0", "0"),
        (("trainer.accelerator=gpu",), None, None),
    ],
)
def test_a_run_on_the_cpu_sees_no_gpu_unless_the_user_says_otherwise(
    make_spec: MakeSpec,
    script: Script,
    monkeypatch: pytest.MonkeyPatch,
    overrides: tuple[str, ...],
    mine: str | None,
    seen: str | None,
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if mine is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", mine)
    script("import json; json.dump(dict(os.environ), open(folder + '/environment', 'w'))")
    spec = make_spec(*overrides)
    Processes(fork=False).run(spec)
    environment = json.loads((spec.folder / "environment").read_text())
    assert environment.get("CUDA_VISIBLE_DEVICES") == seen


def test_a_share_of_the_cores_that_is_no_number_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for wrong in ("0", "-1", "two", ""):
        monkeypatch.setenv(CORES_VARIABLE, wrong)
        with pytest.raises(BenchError, match=CORES_VARIABLE):
            cores()


def test_a_run_that_another_sweep_holds_is_busy(make_spec: MakeSpec) -> None:
    spec = make_spec()
    with FileLock(spec.folder / LOCK_FILE):
        assert run_job(spec).state == "busy"
    assert not (spec.folder / "record.json").exists()


def test_a_run_that_another_sweep_finished_meanwhile_is_not_trained_again(
    make_spec: MakeSpec, script: Script
) -> None:
    spec = make_spec()
    failed = failed_record(spec, started=datetime.now(UTC), reason="error", error="")
    done = {"status": "done", "reason": None, "error": None, "test": Score(accuracy=0.5, loss=1)}
    write_record(spec.folder, failed.model_copy(update=done))
    before = (spec.folder / "record.json").read_bytes()
    script("sys.exit(3)")
    assert run_job(spec).state == "done before"
    assert (spec.folder / "record.json").read_bytes() == before


def test_a_failed_run_is_trained_again(make_spec: MakeSpec, script: Script) -> None:
    spec = make_spec()
    record_failure(spec, datetime.now(UTC), "killed", "lost")
    script("open(folder + '/again', 'w').close(); sys.exit(4)")
    assert "status 4" in run_job(spec).detail
    assert (spec.folder / "again").exists()


def child(spec: Spec) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "fmnist_bench.jobs.worker", str(spec.folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        process_group=0,
    )


def test_a_job_ends_with_the_process_that_started_it(make_spec: MakeSpec) -> None:
    process = child(make_spec("epochs=100000"))
    assert process.stdin is not None
    process.stdin.close()  # what the system does when the parent dies
    assert process.wait(60) == -signal.SIGKILL
    assert process.stdout is not None
    process.stdout.close()


def test_a_job_can_be_interrupted_even_where_its_parent_blocks_the_signal(
    make_spec: MakeSpec,
) -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process = child(make_spec("epochs=100000"))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    assert process.stdin is not None
    assert process.stdout is not None
    # Once it trains: an interrupt in the middle of importing torch can get lost in there.
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.stdout.close()
    assert process.wait(60) == module.STOPPED
    process.stdin.close()
