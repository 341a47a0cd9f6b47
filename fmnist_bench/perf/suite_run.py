"""One training run of this suite, as a user starts it, in a process of its own."""

import shutil
import subprocess
import sys

from fmnist_bench.errors import BenchError
from fmnist_bench.perf.comparison import Place
from fmnist_bench.records.record import Record, read_record

_START = "import sys; from fmnist_bench.cli import main; sys.exit(main())"


def train(place: Place, *overrides: str) -> Record:
    """Run `fmnist-bench train` with Hydra's `overrides` and return the run's record.

    Raises:
        BenchError: the run failed, or left no record.
    """
    outputs = place.work / "suite"
    shutil.rmtree(outputs, ignore_errors=True)  # a run that is there already is not run again
    command = [sys.executable, "-c", _START, "train", *overrides]
    ended = subprocess.run(
        [*command, f"data.folder={place.data}", f"paths.outputs={outputs}"],
        capture_output=True,
        text=True,
        check=False,
    )
    records = sorted(outputs.glob("runs/*/record.json"))
    if ended.returncode or len(records) != 1:
        lines = ended.stderr.strip().splitlines() or ["no message"]
        raise BenchError(f"fmnist-bench train {' '.join(overrides)}: failed ({lines[-1]})")
    return read_record(records[0].parent)


def images_per_second(place: Place, *overrides: str) -> float:
    """Return what `train` recorded as the rate of its training steps.

    Raises:
        BenchError: as `train`.
    """
    rate = train(place, *overrides).images_per_second
    if rate is None:
        raise BenchError(f"fmnist-bench train {' '.join(overrides)}: recorded no images_per_second")
    return rate
