"""`fmnist-bench bench`: train what is missing of a list of rows, then show their board."""

import argparse
from pathlib import Path

from fmnist_bench.commands import leaderboard
from fmnist_bench.config.profile import trainer_for_this_machine
from fmnist_bench.sweep.prepare import prepare
from fmnist_bench.sweep.rows import experiments_of, row_configs
from fmnist_bench.sweep.sweep import Sweep


def main(argv: list[str]) -> int:
    """Run the rows of the bench that `argv` names; return 1 if a run failed."""
    arguments = _parser().parse_args(argv)
    overrides = [f"paths.outputs={arguments.outputs}", *arguments.overrides]
    if not any(override.startswith("trainer=") for override in overrides):
        overrides.append(f"trainer={trainer_for_this_machine()}")
    specs = [
        prepare(config, print)
        for experiment in experiments_of(arguments.bench)
        for config in row_configs(experiment, overrides)
    ]
    sweep = Sweep(print, retry_failed=True)
    try:
        sweep.run(specs)
    finally:
        print(sweep.summary())
    leaderboard.main(["--results", str(arguments.outputs)])
    return 0 if sweep.ok else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fmnist-bench bench",
        description="Train what is missing of a list of rows (conf/bench), then show the board.",
    )
    parser.add_argument("bench", nargs="?", default="quick", help="quick (default) or full")
    parser.add_argument("overrides", nargs="*", help="Hydra overrides for every run")
    parser.add_argument(
        "--outputs", type=Path, default=Path("outputs"), help="folder of runs and board"
    )
    return parser
