"""Sweeps through the real command line, and a net that misbehaves on demand."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

MISBEHAVE = '''
import os, signal, sys, time
import torch
from torch import nn

class Net(nn.Module):
    """A linear net; with `deed`, its first step of training goes wrong."""

    def __init__(self, deed="good", deaf=False, **ignored):
        super().__init__()
        self.deaf = deaf
        self.deed, self.linear = deed, nn.Linear(784, 10)

    def forward(self, images):
        logits = self.linear(images.flatten(1))
        if self.training and len(images) > 1:
            if self.deed == "raise":
                raise ValueError("bad luck")
            if self.deed == "diverge":
                return logits * float("nan")
            if self.deed == "die":
                os.kill(os.getpid(), signal.SIGKILL)
            if self.deed == "gorge":
                torch.empty(2**50)
            if self.deaf:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                open(sys.argv[1] + "/deaf", "w").close()
            if self.deed == "dawdle":
                time.sleep(1000)
        return logits
'''


@pytest.fixture
def misbehaving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The override that puts in the net; its deed is chosen with +model.net.deed=."""
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "misbehave.py").write_text(MISBEHAVE)
    monkeypatch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    return "model.net._target_=misbehave.Net"


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(small_overrides: list[str], monkeypatch: pytest.MonkeyPatch) -> Start:
    """Start `fmnist-bench train` on small data with further arguments."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "fmnist_bench", "train", *small_overrides, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_take_interrupts,
        )

    return run


def _take_interrupts() -> None:
    # As on a terminal; a test runner in the background may have it ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Where the runs of the small overrides lie."""
    return tmp_path / "outputs" / "runs"
