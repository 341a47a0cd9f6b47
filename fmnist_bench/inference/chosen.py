"""The run that a command line names. Imports no torch before it is asked for."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fmnist_bench.inference.trained import TrainedRun


def add_run(parser: argparse.ArgumentParser) -> None:
    """Add --run and --trust to `parser`."""
    parser.add_argument("--run", required=True, help="the run's folder, name or its beginning")
    parser.add_argument(
        "--trust",
        action="append",
        default=[],
        metavar="NAME",
        help="a net outside this suite that the record may import and run",
    )


def chosen_run(options: argparse.Namespace) -> "TrainedRun":
    """Load the run that `options` name; raises as `load_run`."""
    from fmnist_bench.inference.load import load_run

    if options.trust:
        sys.path.append(str(Path.cwd()))  # where the process that trained looked, too
    return load_run(options.run, trust=options.trust)
