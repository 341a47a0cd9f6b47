"""A tracker may fail, hang or be missing: the run does not notice."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import torch
from safetensors.torch import load_file

from fmnist_bench.errors import BenchError
from fmnist_bench.records.spec import Spec
from fmnist_bench.tracking import tracker
from tests.tracking.following import finish, kill_after_epochs

MakeSpec = Callable[..., Spec]
pytestmark = pytest.mark.filterwarnings("ignore")

TRACKERS = '''
import os, subprocess, sys, time
from fmnist_bench.tracking.tracker import Tracker

class Troubled(Tracker):
    """Does as told at one of its four moments, and notes them all."""

    apart = True
    later = "so be it"

    def __init__(self, moment, deed):
        self.moment, self.deed = moment, deed
        self.patience = 6.0 if deed == "hang" else 60.0

    def _act(self, moment):
        with open("moments", "a") as file:
            file.write(f"{self.deed} {moment} {os.getpid()}\\n")
        if moment != self.moment:
            return
        if self.deed == "raise":
            raise ValueError("two\\nlines")
        if self.deed == "print":
            print("noise"); sys.stderr.write("noise"); os.write(1, b"noise")
        if self.deed == "die":
            os._exit(3)
        if self.deed == "hang":
            helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
            with open("helper", "w") as file:
                file.write(str(helper.pid))
            time.sleep(1000)

    def start(self, about): self._act("start")
    def epochs(self, figures): self._act("epochs")
    def done(self, ending): self._act("done")
    def failed(self, error, *, interrupted): self._act("failed")

class Local(Tracker):
    def start(self, about): pass
    def epochs(self, figures): raise OSError(28, "No space left on device")
    def done(self, ending): raise AssertionError("told again")
    def failed(self, error, *, interrupted): raise AssertionError("told again")
'''
STOPPED = "logger={} stopped, the run goes on: {}; {}"


@pytest.fixture
def troubled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hard: MakeSpec) -> MakeSpec:
    """Make the spec of a run whose tracker does a deed at a moment."""
    (tmp_path / "troubled.py").write_text(TRACKERS)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    monkeypatch.chdir(tmp_path)

    def make(moment: str, deed: str, *overrides: str) -> Spec:
        return hard(f"+logger.troubled={keys(moment, deed)}", *overrides)

    return make


def keys(moment: str, deed: str) -> str:
    return f"{{_target_: troubled.Troubled, moment: {moment}, deed: {deed}}}"


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]


@pytest.mark.parametrize("moment", ["start", "epochs", "done"])
def test_a_tracker_that_raises_is_one_line_and_does_not_disturb_the_other(
    troubled: MakeSpec, caplog: pytest.LogCaptureFixture, tmp_path: Path, moment: str
) -> None:
    spec = troubled(moment, "raise", f"+logger.calm={keys('never', 'calm')}")
    assert finish(spec).status == "done"
    assert warnings(caplog) == [STOPPED.format("troubled", "two lines", "so be it")]
    told = [line.split() for line in (tmp_path / "moments").read_text().splitlines()]
    # What continues from nothing, then three epochs.
    assert [when for who, when, _ in told if who == "calm"] == ["start", *["epochs"] * 4, "done"]
    assert [when for who, when, _ in told if who == "raise"][-1] == moment
    assert len({process for _, _, process in told}) == 1
    assert told[0][2] != str(os.getpid())


def test_a_tracker_that_hangs_is_stopped_with_all_it_started(
    troubled: MakeSpec, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    assert finish(troubled("done", "hang")).status == "done"
    late = "not ready 6 s after the run"
    assert warnings(caplog) == [STOPPED.format("troubled", late, "so be it")]
    helper = int((tmp_path / "helper").read_text())
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(helper).wait(30)


@pytest.mark.slow
def test_a_tracker_that_hangs_does_not_outlive_a_run_that_is_killed(
    troubled: MakeSpec, tmp_path: Path
) -> None:
    spec = troubled("start", "hang", "epochs=1000")
    kill_after_epochs(spec, 1, lambda: (tmp_path / "helper").exists())
    (line,) = (tmp_path / "moments").read_text().splitlines()
    for process in (int(line.split()[2]), int((tmp_path / "helper").read_text())):
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(process).wait(60)


def test_what_a_tracker_prints_is_not_heard(
    troubled: MakeSpec, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert finish(troubled("epochs", "print")).status == "done"
    assert "noise" not in "".join(capfd.readouterr())
    assert warnings(caplog) == []


def test_a_process_of_trackers_that_dies_is_one_line(
    troubled: MakeSpec, caplog: pytest.LogCaptureFixture
) -> None:
    assert finish(troubled("epochs", "die")).status == "done"
    assert warnings(caplog) == [STOPPED.format("troubled", "its process ended", "so be it")]


def test_a_full_disk_costs_metrics_csv_and_one_line(
    troubled: MakeSpec, caplog: pytest.LogCaptureFixture
) -> None:
    spec = troubled("never", "none", "+logger.local._target_=troubled.Local")
    assert finish(spec).status == "done"
    full = "[Errno 28] No space left on device"
    assert warnings(caplog) == [STOPPED.format("local", full, "the record has the figures")]


def test_the_weights_do_not_depend_on_the_logger(hard: MakeSpec, tmp_path: Path) -> None:
    weights = []
    for logger in ("none", "[wandb,csv,tensorboard]"):
        spec = hard(
            f"logger={logger}", "model.net.dropout=0.3", f"paths.outputs={tmp_path / logger[1:4]}"
        )
        finish(spec)
        weights.append(load_file(spec.folder / "weights.safetensors"))
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


@pytest.mark.parametrize("package", ["wandb", "tensorboard", "mlflow"])
def test_a_missing_package_is_named_with_its_extra(
    hard: MakeSpec, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setattr(tracker, "find_spec", lambda name: None if name == package else object())
    with pytest.raises(BenchError, match=rf'pip install "fmnist-bench\[{package}\]"'):
        finish(hard(f"logger={package}"))


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("logger.wandb.mode=perhaps", "logger.wandb.mode, or WANDB_MODE: 'perhaps'"),
        ("+logger.wandb.colour=red", "logger.wandb.colour: .* takes no colour"),
        ("+logger.other._target_=builtins.dict", "logger.other: dict is neither a Lightning"),
        ("+logger.other=5", "logger.other: int is neither a Lightning"),
        ("+logger.wandb.api_key=hunter2", "logger.wandb.api_key: looks like a secret"),
    ],
)
def test_a_wrong_logger_is_refused(hard: MakeSpec, override: str, said: str) -> None:
    with pytest.raises(BenchError, match=said) as refused:
        finish(hard("logger=wandb", override))
    assert "\n" not in str(refused.value)
    assert psutil.Process().children() == []


def test_no_tracker_is_imported_unless_chosen() -> None:
    code = """
import sys
import fmnist_bench.cli, fmnist_bench.commands.train, fmnist_bench.training.run
from fmnist_bench.config.compose import compose
from fmnist_bench.tracking.live import build_loggers
trackers, loggers = build_loggers(compose(["trainer=cpu"]))
assert list(trackers) == ["csv"] and not loggers
print(sorted({"wandb", "mlflow", "tensorboard"} & sys.modules.keys()))
"""
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout == "[]\n"
