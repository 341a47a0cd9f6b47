"""Runs that trackers follow, and what they should have seen."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
import pytorch_lightning as pl

from fmnist_bench.records.record import Epoch, Record
from fmnist_bench.records.spec import Spec
from fmnist_bench.tracking.live import follow
from fmnist_bench.training.guards import DivergenceGuard
from fmnist_bench.training.run import run


class Interrupted(BaseException):
    """As Ctrl-C: no `Exception`."""


def finish(spec: Spec, **sweep: Any) -> Record:
    """Run `spec` as its job does, with its trackers."""
    with follow(spec, **sweep) as (live, loggers):
        record = run(spec, [live], loggers)
    assert record is not None
    return record


def start(spec: Spec) -> "subprocess.Popen[str]":
    """Start the job of `spec`, as `train` does."""
    return subprocess.Popen(
        [sys.executable, "-m", "fmnist_bench.jobs.worker", str(spec.folder)],
        stdin=subprocess.PIPE,  # the job lives as long as this is open
        stdout=subprocess.PIPE,
        text=True,
        process_group=0,
    )


def kill_after_epochs(spec: Spec, epochs: int, ready: Callable[[], bool] = lambda: True) -> None:
    """Kill the job of `spec` once `epochs` are over and `ready` says so."""
    over = 0
    with start(spec) as process:
        assert process.stdout is not None
        for line in process.stdout:
            over += line.startswith("epoch ")
            if over >= epochs and ready():
                break
        os.killpg(process.pid, signal.SIGKILL)


def go_on(spec: Spec) -> int:
    """Let the job of `spec` run to its end; return its exit status."""
    with start(spec) as process:
        assert process.stdout is not None
        process.stdout.read()
        return process.wait()


def run_until(
    spec: Spec, monkeypatch: pytest.MonkeyPatch, epoch: int, error: BaseException
) -> None:
    """Run `spec` until `error` is raised in the second batch of `epoch`."""

    def break_off(
        self: DivergenceGuard, trainer: pl.Trainer, module: Any, outputs: Any, b: Any, index: int
    ) -> None:
        if (trainer.current_epoch, index) == (epoch, 1):
            raise error

    with monkeypatch.context() as patch:
        patch.setattr(DivergenceGuard, "on_train_batch_end", break_off)
        with pytest.raises(type(error)):
            finish(spec)


def shown(epoch: Epoch) -> dict[str, float]:
    """Return the figures of an epoch under the names that trackers show, written out by hand."""
    assert epoch.train_loss is not None
    assert epoch.train_accuracy is not None
    assert epoch.validation_loss is not None
    assert epoch.validation_accuracy is not None
    return {
        "epoch": epoch.epoch,
        "train/loss": epoch.train_loss,
        "train/accuracy": epoch.train_accuracy,
        "val/loss": epoch.validation_loss,
        "val/accuracy": epoch.validation_accuracy,
        "learning_rate": epoch.learning_rate,
        "epoch_seconds": epoch.seconds,
    }


class Listener:
    """A server on loopback that accepts, counts, and never answers."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self.connections: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                self.connections.append(self._socket.accept()[0])
            except OSError:
                return

    def close(self) -> None:
        # Wakes the thread that accepts; closing alone does not.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in self.connections:
            connection.close()
