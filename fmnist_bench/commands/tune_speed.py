"""`fmnist-bench tune-speed`: how fast does a model train here, and with which settings fastest?"""

import argparse
import sys
from typing import Any

from fmnist_bench.config.compose import compose


def main(argv: list[str]) -> int:
    """Measure the combinations and print a table, the overrides and the lines for conf/."""
    options = _parser().parse_args(argv)
    overrides = list(options.overrides)
    config = compose(overrides)
    from fmnist_bench.perf.combinations import measure  # imports torch

    found = measure(
        config,
        batch_sizes=[int(size) for size in options.batch_sizes.split(",")],
        compiled=_compiled(config, options.compile),
        seconds=options.seconds,
        rounds=options.rounds,
        say=lambda line: print(line, file=sys.stderr),
    )
    print(f"{'precision':11} {'channels_last':13} {'compile':15} {'batch':>6} {'images/s':>10}")
    for one in found:
        print(
            f"{one.precision:11} {one.channels_last!s:13} {one.compile!s:15} "
            f"{one.batch_size:6} {one.rate:10,.0f}"
        )
    best = found[0]
    print(f"\nfastest: {' '.join(best.overrides)}")
    print("as the default of this model on this kind of machine, in its conf/model file:")
    print(
        f"speed:\n  {config['trainer']['profile']}: {{precision: {best.precision}, "
        f"channels_last: {str(best.channels_last).lower()}, "
        f"compile: {str(best.compile).lower()}}}"
    )
    return 0


def _compiled(config: dict[str, Any], asked: bool | None) -> list[bool | str]:
    gpu = config["trainer"]["accelerator"] == "gpu"
    if not (gpu if asked is None else asked):
        return [False]
    return [False, True, "reduce-overhead"] if gpu else [False, True]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fmnist-bench tune-speed",
        description="Measure memory format, precision, compilation and batch size of a model.",
    )
    parser.add_argument("overrides", nargs="+", help="model=NAME and other Hydra overrides")
    parser.add_argument("--batch-sizes", default="128", help="comma-separated (default: 128)")
    parser.add_argument(
        "--compile",
        action=argparse.BooleanOptionalAction,
        help="try torch.compile as well, on a GPU with CUDA graphs too (default: on a GPU)",
    )
    parser.add_argument(
        "--seconds", type=float, default=2.0, help="of one measurement (default: 2)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="of measurements (default: 3)")
    return parser
