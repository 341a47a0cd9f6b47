"""`fmnist-bench data`: prepare the datasets and say where they are."""

import argparse
import sys
from pathlib import Path

from fmnist_bench.data import human_votes
from fmnist_bench.data.facts import DATASETS
from fmnist_bench.data.obtain import obtain
from fmnist_bench.paths import cache_dir


def main(argv: list[str]) -> int:
    """Prepare the datasets that `argv` names; folders go to stdout, the story to stderr.

    Raises:
        BenchError: a dataset cannot be had; those before it are kept.
    """
    options = parser().parse_args(argv)
    cache = options.cache or cache_dir()
    if options.dataset == human_votes.NAME:
        votes = human_votes.obtain_votes(folder=options.folder, cache=cache, say=_say)
        print(f"{human_votes.NAME}: {votes.parent}")
        return 0
    for name in DATASETS if options.dataset == "all" else [options.dataset]:
        verify = name in DATASETS
        where = obtain(name, folder=options.folder, verify=verify, cache=cache, say=_say)
        print(f"{name}: {where}")
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what the command takes."""
    parser = argparse.ArgumentParser(
        prog="fmnist-bench data",
        description="Obtain and verify the datasets, and print the folder of each.",
    )
    parser.add_argument(
        "dataset",
        nargs="?",
        default="all",
        help=f"{', '.join(DATASETS)}, all (of these), a name for data of your own, in --folder; or "
        f"{human_votes.NAME}: how people labelled the Fashion-MNIST test images",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        help="take the files (idx ones raw or .gz) from here and nowhere else",
    )
    parser.add_argument("--cache", type=Path, help="keep the files here (default: your cache)")
    return parser


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
