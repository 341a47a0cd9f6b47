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
from fmnist_bench.tracking import packages
from fmnist_bench.training.run import run
from tests.tracking.following import finish

MakeSpec = Callable[..., Spec]
pytestmark = pytest.mark.filterwarnings("ignore")

TRACKERS = '''
import os, subprocess, sys, time

class Tracker:
    """Does as told at one of its four moments."""

    later = "so be it"

    def __init__(self, moment, deed):
        self.moment, self.deed = moment, deed
        self.patience = 6.0 if deed == "hang" else 60.0

    def _act(self, moment):
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

    def start(self, about, earlier): self._act("start")
    def epoch(self, figures): self._act("epoch")
    def done(self, ending): self._act("done")
    def failed(self, error, *, interrupted): self._act("failed")

class Local:
    def begin(self, folder, earlier): pass
    def epoch(self, figures): raise OSError(28, "No space left on device")
'''


@pytest.fixture
def troubled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hard: MakeSpec) -> MakeSpec:
    """Make the spec of a run whose tracker does a deed at a moment."""
    (tmp_path / "troubled.py").write_text(TRACKERS)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    monkeypatch.chdir(tmp_path)

    def make(moment: str, deed: str, *overrides: str) -> Spec:
        keys = f"{{_target_: troubled.Tracker, moment: {moment}, deed: {deed}}}"
        return hard(f"+logger.troubled={keys}", *overrides)

    return make


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]


@pytest.mark.parametrize("moment", ["start", "epoch", "done"])
def test_a_tracker_that_raises_is_one_line(
    troubled: MakeSpec, caplog: pytest.LogCaptureFixture, moment: str
) -> None:
    assert finish(troubled(moment, "raise")).status == "done"
    (warning,) = warnings(caplog)
    assert warning == "logger=troubled stopped, the run goes on: two lines; so be it"


def test_a_tracker_that_hangs_is_stopped_with_all_it_started(
    troubled: MakeSpec, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    assert finish(troubled("done", "hang")).status == "done"
    assert warnings(caplog) == [
        "logger=troubled was not ready 6 s after the run and is stopped; so be it"
    ]
    helper = int((tmp_path / "helper").read_text())
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(helper).wait(30)


@pytest.mark.parametrize("deed", ["print", "die"])
def test_what_else_a_tracker_does_is_not_heard(
    troubled: MakeSpec, capfd: pytest.CaptureFixture[str], deed: str
) -> None:
    assert finish(troubled("epoch", deed)).status == "done"
    assert "noise" not in "".join(capfd.readouterr())


def test_a_full_disk_costs_metrics_csv_and_one_line(
    troubled: MakeSpec, caplog: pytest.LogCaptureFixture
) -> None:
    spec = troubled("never", "none", "+logger.local._target_=troubled.Local")
    assert finish(spec).status == "done"
    assert warnings(caplog) == ["logger=local stopped: [Errno 28] No space left on device"]


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
    monkeypatch.setattr(packages, "find_spec", lambda name: None if name == package else object())
    with pytest.raises(BenchError, match=rf'pip install "fmnist-bench\[{package}\]"'):
        run(hard(f"logger={package}"))


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("logger.wandb.mode=perhaps", "logger.wandb.mode: 'perhaps'"),
        ("+logger.wandb.colour=red", "colour"),
        ("+logger.other._target_=builtins.dict", "logger.other._target_: dict is no tracker"),
        ("+logger.wandb.api_key=hunter2", "logger.wandb.api_key: looks like a secret"),
    ],
)
def test_a_wrong_logger_is_refused(hard: MakeSpec, override: str, said: str) -> None:
    with pytest.raises(BenchError, match=said) as refused:
        run(hard("logger=wandb", override))
    assert "\n" not in str(refused.value)
    assert psutil.Process().children() == []


def test_no_tracker_is_imported_unless_chosen() -> None:
    code = """
import sys
import fmnist_bench.cli, fmnist_bench.commands.train, fmnist_bench.training.run
from hydra.utils import instantiate
from fmnist_bench.config.compose import compose
chosen = instantiate(compose(["trainer=cpu", "logger=csv"])["logger"], _convert_="all")
assert list(chosen) == ["csv"], chosen
print(sorted({"wandb", "mlflow", "tensorboard"} & sys.modules.keys()))
"""
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout == "[]\n"
