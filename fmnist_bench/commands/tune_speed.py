"""`fmnist-bench tune-speed`: how fast does a model train here, and with which settings fastest?"""

import argparse
import sys

from fmnist_bench.config.compose import compose
from fmnist_bench.config.profile import trainer_for_this_machine


def main(argv: list[str]) -> int:
    """Measure the combinations and print a table, the overrides and the lines for conf/."""
    options = _parser().parse_args(argv)
    overrides = list(options.overrides)
    if not any(override.startswith("trainer=") for override in overrides):
        overrides.append(f"trainer={trainer_for_this_machine()}")
    config = compose(overrides)
    from fmnist_bench.perf.combinations import measure  # imports torch

    found = measure(
        config,
        batch_sizes=[int(size) for size in options.batch_sizes.split(",")],
        compiled=[False, True] if options.compile else [False],
        seconds=options.seconds,
        rounds=options.rounds,
        say=lambda line: print(line, file=sys.stderr),
    )
    print(f"{'precision':11} {'channels_last':13} {'compile':7} {'batch':>6} {'images/s':>10}")
    for one in found:
        print(
            f"{one.precision:11} {one.channels_last!s:13} {one.compile!s:7} "
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fmnist-bench tune-speed",
        description="Measure memory format, precision, compilation and batch size of a model.",
    )
    parser.add_argument("overrides", nargs="+", help="model=NAME and other Hydra overrides")
    parser.add_argument("--batch-sizes", default="128", help="comma-separated (default: 128)")
    parser.add_argument("--compile", action="store_true", help="try torch.compile as well")
    parser.add_argument(
        "--seconds", type=float, default=2.0, help="of one measurement (default: 2)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="of measurements (default: 3)")
    return parser
