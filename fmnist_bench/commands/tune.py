"""`fmnist-bench tune`: search for a recipe on validation images alone."""

import argparse
import importlib.util
import shlex
from pathlib import Path

from fmnist_bench.errors import BenchError


def main(argv: list[str]) -> int:
    """Run or continue the study that `argv` describes; return 1 if it found no recipe.

    Raises:
        BenchError: the space, an override, the study's file or the data is wrong.
    """
    arguments = parser().parse_intermixed_args(argv)
    if importlib.util.find_spec("optuna") is None:
        raise BenchError(
            "tune needs Optuna: pip install 'fmnist-bench[tune]', in a clone scripts/setup tune"
        )
    return _tune(arguments, shlex.join(["fmnist-bench", "tune", *argv]))


def _tune(arguments: argparse.Namespace, command: str) -> int:
    # Imported only here: they need Optuna.
    from fmnist_bench.search.crew import Crew
    from fmnist_bench.search.experiment import refuse_experiment, write_best
    from fmnist_bench.search.report import best_trial, standing, summary
    from fmnist_bench.search.study import begin_study, held
    from fmnist_bench.search.tuning import read_words

    experiment = arguments.write_experiment
    tuning, studies = read_words(arguments.overrides, print)
    if experiment:
        refuse_experiment(experiment, tuning.overrides)
    digest = tuning.digest()
    folder = arguments.study or studies / f"{tuning.name}-{digest[:8]}"
    trials = arguments.trials or tuning.space.trials
    with held(folder):
        study = begin_study(folder, tuning, digest)
        print(f"study {folder}: {standing(study, trials)}")
        try:
            Crew(tuning, folder, arguments.workers, print).work(study, trials)
        finally:
            print("\n".join(summary(study, tuning, trials)))
    if best_trial(study) is None:
        return 1
    if experiment:
        print(f"wrote {write_best(experiment, study, tuning, command)}")
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what the command takes."""
    parser = argparse.ArgumentParser(
        prog="fmnist-bench tune",
        description="Search for a recipe with Optuna, judged by validation accuracy; the test set "
        "is never read, and the tuning seeds 1000, 1001, ... are no seeds of a row. The same "
        "command goes on where it stopped.",
    )
    parser.add_argument(
        "overrides",
        nargs="*",
        metavar="search=NAME",
        help="a file of conf/search, search.KEY=VALUE, and Hydra overrides for all trials",
    )
    parser.add_argument("--trials", type=_count, help="how many trials; default: the space's")
    parser.add_argument("--workers", type=_count, default=1, help="trials at the same time")
    parser.add_argument(
        "--study",
        type=Path,
        metavar="FOLDER",
        help="where study and runs lie; default: outputs/tune/, by this space and overrides",
    )
    parser.add_argument(
        "--write-experiment", metavar="NAME", help="write the best recipe to conf/experiment/"
    )
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, not {text!r}")
    return int(text)
