import subprocess
from pathlib import Path
from typing import Any

import pytest

from fmnist_bench.errors import BenchError
from fmnist_bench.perf.environments import environment


class Pip:
    """Stands in for venv and pip: notes what is installed, fails on request."""

    def __init__(self) -> None:
        self.installed: list[list[str]] = []
        self.fails = False

    def create(self, home: Path, **options: Any) -> None:
        (home / "bin").mkdir(parents=True, exist_ok=True)
        (home / "bin" / "python").touch()

    def run(self, command: list[Any], **options: Any) -> subprocess.CompletedProcess[str]:
        self.installed.append([str(part) for part in command[5:]])
        return subprocess.CompletedProcess(command, int(self.fails), None, "why\nno network\n")


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> Pip:
    pip = Pip()
    monkeypatch.setattr("venv.create", pip.create)
    monkeypatch.setattr("subprocess.run", pip.run)
    return pip


def silent(text: str) -> None:
    pass


def test_installs_once_and_again_when_other_things_are_wanted(pip: Pip, tmp_path: Path) -> None:
    for requirements in (["a>=1"], ["a>=1"], ["a>=2", "b"]):
        python = environment(tmp_path / "peer", requirements, silent)
        assert python == tmp_path / "peer" / "bin" / "python"
    assert pip.installed == [["a>=1"], ["a>=2", "b"]]


def test_a_failed_installation_is_told_and_tried_again(pip: Pip, tmp_path: Path) -> None:
    pip.fails = True
    with pytest.raises(BenchError, match=r"pip could not install a>=1 \(no network\)"):
        environment(tmp_path / "peer", ["a>=1"], silent)
    pip.fails = False
    environment(tmp_path / "peer", ["a>=1"], silent)
    assert len(pip.installed) == 2
