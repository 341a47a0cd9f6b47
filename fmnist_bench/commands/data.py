"""`fmnist-bench data`: prepare the datasets and say where they are."""

import argparse
import sys
from pathlib import Path

from fmnist_bench.data.facts import DATASETS
from fmnist_bench.data.obtain import obtain
from fmnist_bench.errors import BenchError


def main(argv: list[str]) -> int:
    """Prepare the datasets that `argv` names; folders go to stdout, the story to stderr.

    Raises:
        BenchError: a dataset cannot be had; those before it are kept.
    """
    options = _parser().parse_args(argv)
    names = list(DATASETS) if options.dataset == "all" else [options.dataset]
    if options.no_verify and (options.folder is None or len(names) != 1):
        raise BenchError("--no-verify: only for data of your own; name one dataset and --folder")
    cache = options.cache or _default_cache()
    for name in names:
        where = obtain(
            name, folder=options.folder, verify=not options.no_verify, cache=cache, say=_say
        )
        print(f"{name}: {where}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fmnist-bench data",
        description="Obtain and verify the datasets, and print the folder of each.",
    )
    parser.add_argument("dataset", nargs="?", choices=[*DATASETS, "all"], default="all")
    parser.add_argument(
        "--folder", type=Path, help="take the idx files (raw or .gz) from here and nowhere else"
    )
    parser.add_argument(
        "--no-verify",
        action="store_true",
        help="data of your own: check the format, not the published SHA-256",
    )
    parser.add_argument("--cache", type=Path, help="keep the files here (default: your cache)")
    return parser


def _default_cache() -> Path:
    from fmnist_bench.paths import cache_dir

    return cache_dir()


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
