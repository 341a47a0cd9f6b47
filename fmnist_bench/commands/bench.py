"""`fmnist-bench bench`: train what is missing of a list of rows, then show their board."""

import argparse
from pathlib import Path

from fmnist_bench.commands import leaderboard
from fmnist_bench.config.compose import Composer
from fmnist_bench.jobs.launchers.choose import launcher_of
from fmnist_bench.jobs.plan import split_launcher
from fmnist_bench.jobs.prepare import prepare
from fmnist_bench.jobs.rows import experiments_of, row_configs
from fmnist_bench.jobs.sweep import Sweep


def main(argv: list[str]) -> int:
    """Run the rows of the bench that `argv` names; return 1 if a run failed."""
    arguments = parser().parse_intermixed_args(argv)
    outputs = f"paths.outputs={arguments.outputs}"
    given, launcher = split_launcher(arguments.overrides)
    overrides = [outputs, *given]
    with Composer.ready() as composer:
        settings = composer.hydra_settings([outputs, *launcher])
    specs = [
        prepare(config, print)
        for experiment in experiments_of(arguments.bench)
        for config in row_configs(experiment, overrides)
    ]
    sweep = Sweep(print, retry_failed=True, launcher=launcher_of(settings.launcher, launcher))
    sweep.run(specs)
    leaderboard.main(["--results", str(arguments.outputs)])
    return 0 if sweep.ok else 1


def parser() -> argparse.ArgumentParser:
    """Return what the command takes."""
    parser = argparse.ArgumentParser(
        prog="fmnist-bench bench",
        description="Train what is missing of a list of rows (conf/bench), then show the board.",
    )
    parser.add_argument("bench", nargs="?", default="quick", help="quick (default) or full")
    parser.add_argument(
        "overrides",
        nargs="*",
        help="Hydra overrides for every run; hydra/launcher=ray runs them side by side",
    )
    parser.add_argument(
        "--outputs", type=Path, default=Path("outputs"), help="folder of runs and board"
    )
    return parser
