"""How long a person waits for the first sign of life."""

import subprocess
import sys
import time
from functools import partial

from fmnist_bench.errors import BenchError
from fmnist_bench.perf import suite_run
from fmnist_bench.perf.comparison import Comparison, Goal, Place

HELP = "fmnist-bench --help"
CONFIG = "fmnist-bench train --cfg job"
STEP = "fmnist-bench train, one step and the whole rest"


def build(place: Place) -> Comparison:
    """Return the comparison; nothing needs to be set up."""
    return Comparison(
        title="Start",
        method=(
            "Seconds of the whole command, from its start to its exit. The last one trains the "
            "two-layer CNN for a single step, and then validates, scores the test set and writes "
            "the record, so its first step comes earlier than its figure says."
        ),
        unit="s",
        sides={
            HELP: partial(_seconds, "--help"),
            CONFIG: partial(_seconds, "train", "--cfg", "job"),
            STEP: partial(_one_step, place),
        },
        goals=[
            Goal(subject=HELP, peer=None, sense="at most", bound=0.5),
            Goal(subject=CONFIG, peer=None, sense="at most", bound=2.0),
            Goal(subject=STEP, peer=None, sense="at most", bound=10.0),
        ],
    )


def _seconds(*arguments: str) -> float:
    started = time.perf_counter()
    command = [sys.executable, "-m", "fmnist_bench", *arguments]
    ended = subprocess.run(command, capture_output=True, check=False)
    if ended.returncode:
        raise BenchError(f"fmnist-bench {' '.join(arguments)}: exit status {ended.returncode}")
    return time.perf_counter() - started


def _one_step(place: Place) -> float:
    started = time.perf_counter()
    suite_run.train(place, "model=cnn", "epochs=1", "trainer.limit_batches=1")
    return time.perf_counter() - started
