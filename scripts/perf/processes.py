"""What is measured in a process of its own: this suite as a user starts it, and peers."""

import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Sequence
from pathlib import Path

from fmnist_bench.errors import BenchError
from fmnist_bench.records.record import Record, read_record
from perf.comparison import Place


def output_of(called: str, *command: str | Path) -> str:
    """Run `command` and return what it prints.

    Raises:
        BenchError: it failed; names it as `called`, with the last line of its complaint.
    """
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        lines = ended.stderr.strip().splitlines() or ["no message"]
        raise BenchError(f"{called}: failed ({lines[-1]})")
    return ended.stdout


def suite(*arguments: str) -> str:
    """Run `fmnist-bench` with `arguments` and return what it prints; raises as `output_of`."""
    called = f"fmnist-bench {' '.join(arguments)}"
    return output_of(called, sys.executable, "-m", "fmnist_bench", *arguments)


def train_all(place: Place, *arguments: str) -> list[Record]:
    """Run `fmnist-bench train` with `arguments`; return the records. Raises as `suite`."""
    outputs = place.work / "suite"
    shutil.rmtree(outputs, ignore_errors=True)  # a run that is there already is not run again
    suite("train", *arguments, f"data.folder={place.data}", f"paths.outputs={outputs}")
    return [read_record(path.parent) for path in sorted(outputs.glob("runs/*/record.json"))]


def train(place: Place, *overrides: str) -> Record:
    """Run `fmnist-bench train` with Hydra's `overrides`; return the record. Raises as `suite`."""
    (record,) = train_all(place, *overrides)
    return record


def images_per_second(place: Place, *overrides: str) -> float:
    """Return what `train` recorded as the rate of its training steps."""
    rate = train(place, *overrides).images_per_second
    assert rate is not None  # a run of more than one step has it
    return rate


def batches_an_epoch(count: int | None) -> str:
    """Return the override that ends an epoch after `count` batches; None trains on all."""
    return f"limit_batches={'null' if count is None else count}"


def environment(home: Path, requirements: Sequence[str], *, beside: bool = False) -> Path:
    """Return the Python of an environment at `home` with `requirements`, made if needed.

    For what the suite itself must not depend on. Sees the suite's packages too if `beside`.

    Raises:
        BenchError: pip could not install them.
    """
    python, wanted = home / "bin" / "python", "\n".join(requirements)
    marker = home / "requirements.txt"  # written last, so a broken install is made anew
    if not (python.exists() and marker.exists() and marker.read_text() == wanted):
        print(f"installing {', '.join(requirements)} into {home}")
        venv.create(home, with_pip=True, clear=True)
        if beside:
            (packages,) = home.glob("lib/python*/site-packages")
            (packages / "suite.pth").write_text(sysconfig.get_path("purelib"))
        called = f"{home}: pip install {' '.join(requirements)}"
        output_of(called, python, "-m", "pip", "install", "--quiet", *requirements)
        marker.write_text(wanted)
    return python
