import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fmnist_bench.errors import BenchError
from fmnist_bench.perf import suite_run
from fmnist_bench.perf.comparison import Place


class Command:
    """Stands in for the training process: leaves a record folder, or fails."""

    def __init__(self) -> None:
        self.started: list[list[str]] = []
        self.status, self.rate = 0, 123.0

    def run(self, command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        self.started.append(command)
        outputs = next(part for part in command if part.startswith("paths.outputs="))
        run = Path(outputs.partition("=")[2]) / "runs" / "mlp-s0"
        run.mkdir(parents=True)  # fails if an earlier run's folder is still there
        (run / "record.json").touch()
        return subprocess.CompletedProcess(command, self.status, "", "a\nfmnist-bench: wrong key\n")


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Command:
    command = Command()
    monkeypatch.setattr("subprocess.run", command.run)
    monkeypatch.setattr(
        suite_run, "read_record", lambda folder: SimpleNamespace(images_per_second=command.rate)
    )
    return command


def test_each_call_is_a_fresh_run(command: Command, place: Place) -> None:
    rates = [suite_run.images_per_second(place, "model=mlp", "epochs=1") for _ in range(2)]
    assert rates == [123.0, 123.0]
    for started in command.started:
        assert started[3:6] == ["train", "model=mlp", "epochs=1"]
        assert f"data.folder={place.data}" in started


def test_a_failed_run_is_told_in_one_line(command: Command, place: Place) -> None:
    command.status = 2
    with pytest.raises(BenchError, match=r"train model=mlp: failed \(fmnist-bench: wrong key\)"):
        suite_run.images_per_second(place, "model=mlp")


def test_the_command_that_is_started_exists() -> None:
    """Not faked: the real command line answers."""
    started = [suite_run.sys.executable, "-c", suite_run._START, "--version"]
    ended = subprocess.run(started, capture_output=True, text=True, check=True)
    assert ended.stdout.strip()
