"""What other systems than Linux do not have is not used there, with the platform faked."""

import os
import sys
from collections.abc import Callable

import pytest

from fmnist_bench.jobs.process import Processes
from fmnist_bench.records import environment
from fmnist_bench.records.record import read_record
from fmnist_bench.records.spec import Spec


def test_jobs_start_afresh_where_a_fork_with_torch_is_unsafe(
    make_spec: Callable[..., Spec], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(Processes, "_forked", lambda *arguments: pytest.fail("forked"))
    spec = make_spec("epochs=1")
    with Processes(fork=True) as processes:
        processes.run(spec)
    assert read_record(spec.folder).test is not None


def test_cores_are_counted_without_linux_affinity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 10)
    assert environment._usable_cores() == 10
