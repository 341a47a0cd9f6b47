"""Whether the experiment that a row is named for still composes to the recipe of its records."""

from collections.abc import Iterator
from pathlib import Path

from fmnist_bench.board.collect import Problem, ScoredRun, collect
from fmnist_bench.config.compose import Composer
from fmnist_bench.config.kinds import recipe_of
from fmnist_bench.errors import BenchError
from fmnist_bench.paths import conf_dir
from fmnist_bench.records.identity import recipe_digest
from fmnist_bench.records.record import FILE_NAME


def drifted(results: Path) -> Iterator[Problem]:
    """Yield rows below `results` that a further seed could not join.

    Rows without an experiment are passed over.
    """
    first: dict[tuple[str, str], ScoredRun] = {}
    for run in collect(results).runs:
        first.setdefault((run.record.row.name, run.record.data.name), run)
    with Composer.ready() as composer:
        for (row, dataset), run in first.items():
            if not (conf_dir() / "experiment" / f"{row}.yaml").is_file():
                continue
            try:
                config = composer.config([f"experiment={row}", f"data={dataset}"])
            except BenchError as error:
                yield Problem(f"{run.path}/{FILE_NAME}", f"experiment={row}: {error}")
                continue
            if recipe_digest(recipe_of(config)) != run.record.recipe_digest:
                yield Problem(
                    f"{run.path}/{FILE_NAME}",
                    f"conf/experiment/{row}.yaml composes to another recipe; mend it, or give the "
                    "new one a name of its own",
                )
