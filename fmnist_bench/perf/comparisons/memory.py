"""How much memory a run on the CPU takes."""

from functools import partial

from fmnist_bench.errors import BenchError
from fmnist_bench.perf import suite_run
from fmnist_bench.perf.comparison import Comparison, Goal, Place

RUN = "fmnist-bench train model=cnn"


def build(place: Place) -> Comparison:
    """Return the comparison; nothing needs to be set up."""
    return Comparison(
        title="Memory",
        method=(
            "Peak resident memory of the process that trains the two-layer CNN on 100 batches "
            "with cropping and flips, validates and scores it; PyTorch's own code is most of it."
        ),
        unit="GB",
        sides={RUN: partial(_peak, place)},
        goals=[Goal(subject=RUN, peer=None, sense="at most", bound=1.5)],
    )


def _peak(place: Place) -> float:
    record = suite_run.train(
        place, "model=cnn", "augment=crop_flip", "epochs=1", "trainer.limit_batches=100"
    )
    if record.peak_memory_bytes is None:
        raise BenchError(f"{RUN}: recorded no peak_memory_bytes")
    return record.peak_memory_bytes / 1e9
