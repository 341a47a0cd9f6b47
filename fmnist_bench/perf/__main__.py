"""`scripts/perf`: measure comparisons, keep their JSON, render performance.md."""

import argparse
import sys
from pathlib import Path

import torch

from fmnist_bench.data.obtain import obtain
from fmnist_bench.errors import BenchError
from fmnist_bench.files import atomic_write
from fmnist_bench.paths import cache_dir
from fmnist_bench.perf.catalogue import COMPARISONS, build, check_names
from fmnist_bench.perf.comparison import Place
from fmnist_bench.perf.render import render, section
from fmnist_bench.perf.result import Result, read_results, write_result
from fmnist_bench.perf.rounds import measure_rounds
from fmnist_bench.records.environment import git, hardware, versions


def main(argv: list[str]) -> int:
    """Do what `argv` asks; return the exit status.

    Raises:
        BenchError: an unknown comparison, no data, or a peer that cannot be set up.
    """
    options = _parser().parse_args(argv)
    if options.list:
        width = max(map(len, COMPARISONS))
        for name, text in COMPARISONS.items():
            _say(f"{name:{width}}  {text}")
        return 0
    check_names(options.names)
    data = obtain("fashion_mnist", folder=options.data, verify=True, cache=cache_dir(), say=_say)
    for name in options.names or _all_that_fit():
        place = Place(data, options.outputs.resolve(), _say)
        result = _measure(name, place, options.rounds, options.patience)
        path = write_result(options.outputs, result)
        _say(f"\n{section(result)}\nwritten: {path}\n")
    if options.publish:
        _publish(options.outputs, options.results)
    return 0


def _all_that_fit() -> list[str]:
    if torch.cuda.is_available():
        return list(COMPARISONS)
    _say("gpu: passed over, torch sees no GPU here")
    return [name for name in COMPARISONS if name != "gpu"]


def _measure(name: str, place: Place, rounds: int, patience: float) -> Result:
    comparison = build(name, place)
    measured = measure_rounds(comparison, rounds, patience, place.say)
    return Result(
        name=name,
        title=comparison.title,
        method=comparison.method,
        unit=comparison.unit,
        goals=list(comparison.goals),
        rounds=measured.figures,
        busy_percent=measured.busy_percent,
        hardware=hardware(device=comparison.device, device_count=1),
        threads=torch.get_num_threads(),
        versions={**versions(), **comparison.versions},
        git=git(),
    )


def _publish(outputs: Path, results: Path) -> None:
    for result in read_results(outputs):
        write_result(results / "performance", result)
    path = results / "performance.md"
    with atomic_write(path) as file:
        file.write(render(read_results(results / "performance")).encode())
    _say(f"published: {path}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/perf", description="Measure this suite's speed beside that of its peers."
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="COMPARISON",
        help="default: all that this machine can run",
    )
    parser.add_argument("--list", action="store_true", help="name the comparisons and stop")
    parser.add_argument("--rounds", type=_rounds, default=5, help="rounds to keep (default: 5)")
    parser.add_argument(
        "--patience",
        type=float,
        default=60,
        help="seconds that each round waits for a quiet machine (default: 60)",
    )
    parser.add_argument(
        "--data", type=Path, help="folder of Fashion-MNIST's idx files (default: fetch and cache)"
    )
    parser.add_argument("--outputs", type=Path, default=Path("outputs/perf"))
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument(
        "--publish",
        action="store_true",
        help="copy all JSON from --outputs to --results and render performance.md there",
    )
    return parser


def _rounds(text: str) -> int:
    rounds = int(text)
    if rounds < 1:
        raise argparse.ArgumentTypeError(f"{rounds}, expected at least 1")
    return rounds


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        status = main(sys.argv[1:])
    except BenchError as error:
        sys.stderr.write(f"scripts/perf: {error}\n")
        status = 2
    sys.exit(status)
