"""The comparisons by name. Each is one module with `build(place: Place) -> Comparison`."""

import difflib
import importlib

from fmnist_bench.errors import BenchError
from fmnist_bench.perf.comparison import Comparison, Place

COMPARISONS = {
    "input": "batches of augmented images, against torchvision's per-image pipelines",
    "keras": "training of four nets, against Keras on TensorFlow (installs it, apart from .venv)",
    "epoch": "a training epoch, against a loop written by hand",
    "start": "seconds from a command to its answer, and to a first step",
    "memory": "peak memory of a run on the CPU",
    "template": "a training epoch, against Lightning over torchvision's per-image dataset",
    "gpu": "training throughput on one GPU, against the figures it is held to",
}


def build(name: str, place: Place) -> Comparison:
    """Return the comparison `name`, its peers set up.

    Raises:
        BenchError: what a peer needs cannot be had.
    """
    module = importlib.import_module(f"fmnist_bench.perf.comparisons.{name}")
    comparison: Comparison = module.build(place)
    return comparison


def check_names(names: list[str]) -> None:
    """Raise BenchError if one of `names` is no comparison."""
    for name in names:
        if name not in COMPARISONS:
            close = difflib.get_close_matches(name, COMPARISONS, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(COMPARISONS)}"
            raise BenchError(f"scripts/perf: no comparison {name!r}; {hint}")
