"""From a list of rows in conf/bench to the config of every run that they need."""

from collections.abc import Iterator, Sequence
from typing import Any

from omegaconf import OmegaConf

from fmnist_bench.config.compose import Composer
from fmnist_bench.errors import BenchError
from fmnist_bench.paths import conf_dir


def experiments_of(bench: str) -> list[str]:
    """Return the experiments that conf/bench/`bench`.yaml lists.

    Raises:
        BenchError: there is no such file, or it does not list experiments.
    """
    folder = conf_dir() / "bench"
    path = folder / f"{bench}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.yaml")))
        raise BenchError(f"bench: no conf/bench/{bench}.yaml; choose from {known}")
    content = OmegaConf.to_container(OmegaConf.load(path))
    experiments = content.get("experiments") if isinstance(content, dict) else None
    if not isinstance(experiments, list) or not all(isinstance(e, str) for e in experiments):
        raise BenchError(f"{path}: expected a list under the key 'experiments'")
    return experiments


def row_configs(experiment: str, overrides: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the frozen config of every run of one row: each dataset, each seed.

    Raises:
        BenchError: there is no such experiment, or an override is wrong.
    """
    given = [f"experiment={experiment}", *overrides]
    with Composer.ready() as composer:
        row = composer.config(given)["row"]
        for dataset in row["datasets"]:
            for seed in range(row["seeds"]):
                yield composer.config([*given, f"data={dataset}", f"seed={seed}"])
