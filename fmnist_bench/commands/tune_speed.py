"""`fmnist-bench tune-speed`: how fast does a model train here, and with which settings fastest?"""

import argparse
import itertools
import sys

from fmnist_bench.config.compose import compose
from fmnist_bench.config.machine import processor

PRECISIONS = ("32-true", "bf16-mixed")


def main(argv: list[str]) -> int:
    """Measure the combinations and print a table, the overrides and the lines for conf/."""
    options = parser().parse_args(argv)
    overrides = list(options.overrides)
    config = compose(overrides)
    accelerator = config["trainer"]["accelerator"]
    kind, gpu = processor(accelerator), accelerator == "gpu"
    from fmnist_bench.training.combinations import Combination, measure  # imports torch

    compiled: list[bool | str] = [False]
    if gpu if options.compile is None else options.compile:
        compiled += [True, "reduce-overhead"] if gpu else [True]
    ways = itertools.product(PRECISIONS, (False, True), compiled, options.batch_sizes)
    found = measure(
        config,
        itertools.starmap(Combination, ways),
        seconds=options.seconds,
        rounds=options.rounds,
        say=lambda line: print(line, file=sys.stderr),
    )
    print(f"{'precision':11} {'channels_last':13} {'compile':15} {'batch':>6} {'images/s':>10}")
    for one, rate in found:
        print(
            f"{one.precision:11} {one.channels_last!s:13} {one.compile!s:15} "
            f"{one.batch_size:6} {rate:10,.0f}"
        )
    *settings, batch = found[0][0].overrides
    print(f"\nfastest: {' '.join([*settings, batch])}")
    print("as the default of this model on this kind of machine, in its conf/model file:")
    values = (each.removeprefix("speed.").replace("=", ": ") for each in settings)
    print(f"fastest:\n  {kind}: {{{', '.join(values)}}}")
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what the command takes."""
    parser = argparse.ArgumentParser(
        prog="fmnist-bench tune-speed",
        description="Measure memory format, precision, compilation and batch size of a model.",
    )
    add = parser.add_argument
    add("overrides", nargs="+", help="model=NAME and other Hydra overrides")
    add("--batch-sizes", type=_sizes, default=[128], help="comma-separated (default: 128)")
    add(
        "--compile",
        action=argparse.BooleanOptionalAction,
        help="try torch.compile as well, on a GPU with CUDA graphs too (default: on a GPU)",
    )
    add("--seconds", type=float, default=2.0, help="of one measurement (default: 2)")
    add("--rounds", type=int, default=3, help="of measurements (default: 3)")
    return parser


def _sizes(text: str) -> list[int]:
    return [int(size) for size in text.split(",")]
