"""Turns a frozen config into a spec: data at hand, identity known."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from fmnist_bench.data.facts import dataset_facts
from fmnist_bench.data.obtain import data_digest, obtain
from fmnist_bench.paths import cache_dir
from fmnist_bench.records.spec import Spec


def prepare(config: dict[str, Any], say: Callable[[str], None]) -> Spec:
    """Obtain the data of the frozen `config` and return the run's spec.

    Raises:
        BenchError: the data cannot be had or is not what it should be.
    """
    data = config["data"]
    dataset_facts(data["name"])
    folder, digest = _data(data["name"], data["folder"], data["verify"], say)
    return Spec(config, folder, digest)


@cache
def _data(
    name: str, folder: str | None, verify: bool, say: Callable[[str], None]
) -> tuple[Path, str]:
    found = obtain(
        name, folder=Path(folder) if folder else None, verify=verify, cache=cache_dir(), say=say
    )
    return found, data_digest(name, found, verify)
