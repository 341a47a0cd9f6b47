"""`scripts/perf/run`: measure comparisons, keep their JSON, render performance.md."""

import argparse
import importlib
import sys
from pathlib import Path

import torch

from fmnist_bench.data.obtain import obtain
from fmnist_bench.errors import BenchError
from fmnist_bench.paths import cache_dir
from fmnist_bench.records.environment import code, hardware, versions
from perf.comparison import Comparison, Place, measure_rounds
from perf.result import Git, Hardware, Result, read_results, render, section, write_result

COMPARISONS = {
    "input": ("torchvision", "batches of augmented images, against torchvision's datasets"),
    "keras": ("keras", "training of four nets, against Keras (installs it, apart from .venv)"),
    "epoch": ("bare_loop", "a training epoch, against a loop written by hand"),
    "start": ("alone", "seconds from a command to its answer, and to a first step"),
    "memory": ("alone", "peak memory of a run on the CPU"),
    "template": ("lightning", "a training epoch, against Lightning over torchvision's dataset"),
    "sweep": ("sweep", "jobs a minute of a sweep, against lightning-hydra-template's"),
    "overhead": ("sweep", "seconds of a sweep's job beyond training, against the same"),
    "gpu": ("alone", "training throughput on one GPU, against the figures it is held to"),
}
"""The module with a function of that name from `Place` to `Comparison`, and what it measures."""


def main(argv: list[str]) -> None:
    """Do what `argv` asks.

    Raises:
        BenchError: no data, or a peer that cannot be set up or does not run.
    """
    options = _parser().parse_args(argv)
    data = obtain("fashion_mnist", folder=options.data, verify=True, cache=cache_dir(), say=print)
    for name in options.names or COMPARISONS:
        try:
            comparison = build(name, Place(data, options.outputs.resolve(), options.jobs))
        except BenchError as error:
            if options.names:
                raise
            print(f"passed over: {error}")
            continue
        rounds, busy = measure_rounds(comparison, options.rounds, options.patience)
        here = code({})
        result = Result(
            name=name,
            title=comparison.title,
            method=comparison.method,
            unit=comparison.unit,
            goals=list(comparison.goals),
            rounds=rounds,
            busy_percent=busy,
            hardware=_hardware(comparison.device),
            threads=torch.get_num_threads(),
            versions={**versions(), **comparison.versions},
            git=Git(**{key: here[key] for key in ("commit", "clean")}),
        )
        path = write_result(options.outputs, result)
        print(f"\n{section(result)}\nwritten: {path}\n")
    if options.publish:
        for result in read_results(options.outputs):
            write_result(options.results / "performance", result)
        page = options.results / "performance.md"
        page.write_text(render(read_results(options.results / "performance")))
        print(f"published: {page}")


def build(name: str, place: Place) -> Comparison:
    """Return the comparison `name`, its peers set up."""
    module = importlib.import_module(f"perf.{COMPARISONS[name][0]}")
    comparison: Comparison = getattr(module, name)(place)
    return comparison


def _hardware(device: str | None) -> Hardware:
    here = hardware()
    return Hardware(**here, device=device or here["cpu"], device_count=1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/perf/run",
        description="Measure this suite's speed beside that of its peers.",
        epilog="\n".join(f"{name:9} {text}" for name, (_, text) in COMPARISONS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    known = [*COMPARISONS, []]  # Python 3.11 looks up the empty list as well
    add("names", nargs="*", choices=known, metavar="COMPARISON", help="default: all that fit here")
    add("--rounds", type=int, choices=range(1, 101), default=5, metavar="N", help="to keep (5)")
    add("--jobs", type=int, choices=range(1, 1001), default=40, metavar="N", help="of a sweep (40)")
    add("--patience", type=float, default=60, help="seconds to wait for a quiet machine (60)")
    add("--data", type=Path, help="folder of Fashion-MNIST's idx files (default: the cache)")
    add("--outputs", type=Path, default=Path("outputs/perf"))
    add("--results", type=Path, default=Path("results"))
    add("--publish", action="store_true", help="copy all JSON to --results, write performance.md")
    return parser


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except BenchError as error:
        sys.exit(f"scripts/perf/run: {error}")
