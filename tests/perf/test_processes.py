import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from perf import alone, processes
from perf.comparison import Place

from fmnist_bench.config.compose import compose
from fmnist_bench.errors import BenchError


class Processes:
    """Stands in for all that is started: notes it, leaves a record folder, or fails."""

    def __init__(self) -> None:
        self.started: list[list[str]] = []
        self.fails = False

    def run(self, command: list[Any], **options: Any) -> subprocess.CompletedProcess[str]:
        self.started.append([str(part) for part in command])
        for part in self.started[-1]:
            if part.startswith("paths.outputs="):
                run = Path(part.partition("=")[2]) / "runs" / "mlp-s0"
                run.mkdir(parents=True)  # fails if an earlier run's folder is still there
                (run / "record.json").touch()
        return subprocess.CompletedProcess(command, int(self.fails), "", "first\nno network\n")

    def make_environment(self, home: Path, **options: Any) -> None:
        (home / "bin").mkdir(parents=True, exist_ok=True)
        (home / "bin" / "python").touch()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Processes:
    started = Processes()
    monkeypatch.setattr("subprocess.run", started.run)
    monkeypatch.setattr("venv.create", started.make_environment)
    record = SimpleNamespace(images_per_second=123.0)
    monkeypatch.setattr(processes, "read_record", lambda folder: record)
    return started


def test_each_run_is_a_fresh_one(started: Processes, place: Place) -> None:
    rates = [processes.images_per_second(place, "model=mlp", "epochs=1") for _ in range(2)]
    assert rates == [123.0, 123.0]
    for command in started.started:
        assert command[3:6] == ["train", "model=mlp", "epochs=1"]
        assert f"data.folder={place.data}" in command


def test_a_failure_is_told_in_one_line(started: Processes, place: Place) -> None:
    started.fails = True
    with pytest.raises(BenchError, match=r"^fmnist-bench train model=mlp .*failed \(no network\)$"):
        processes.train(place, "model=mlp")


def test_the_command_that_is_started_exists() -> None:
    """Not faked: the real command line answers."""
    assert processes.suite("--version").strip()


def test_an_environment_is_made_once_and_again_when_other_things_are_wanted(
    started: Processes, tmp_path: Path
) -> None:
    for requirements in (["a>=1"], ["a>=1"], ["a>=2", "b"]):
        python = processes.environment(tmp_path / "peer", requirements)
        assert python == tmp_path / "peer" / "bin" / "python"
    assert [command[5:] for command in started.started] == [["a>=1"], ["a>=2", "b"]]


def test_a_failed_installation_is_tried_again(started: Processes, tmp_path: Path) -> None:
    started.fails = True
    with pytest.raises(BenchError, match=r"pip install a>=1: failed \(no network\)"):
        processes.environment(tmp_path / "peer", ["a>=1"])
    started.fails = False
    processes.environment(tmp_path / "peer", ["a>=1"])
    assert len(started.started) == 2


@pytest.mark.parametrize(
    ("name", "rate"),
    # 58 batches of 1024 and 117 of 512 in half a second.
    [("cnn", 118_784), ("vgg", 118_784), ("resnet18", 119_808), ("mobilenetv2", 119_808)],
)
def test_a_gpus_rate_leaves_out_the_first_epoch(
    name: str, rate: float, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train(place: Place, *overrides: str) -> Any:
        config = compose(overrides)  # not faked: Hydra takes them
        assert config["trainer"]["accelerator"] == "gpu"
        assert config["speed"]["compile"] is True
        seconds = [30.0] + [0.5] * (config["trainer"]["max_epochs"] - 1)
        return SimpleNamespace(history=[SimpleNamespace(seconds=each) for each in seconds])

    monkeypatch.setattr(processes, "train", train)
    assert alone.gpu_rate(place, name) == rate
