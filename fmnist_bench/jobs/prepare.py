"""Turns a frozen config into a spec: data at hand, identity known."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from fmnist_bench.data.obtain import obtain
from fmnist_bench.data.parts import data_digest
from fmnist_bench.jobs.origin import settled
from fmnist_bench.paths import cache_dir
from fmnist_bench.records.spec import NOT_ASKED, Asked, Spec

OURS = "fmnist_bench.data.datamodule.ImageDataModule"


def prepare(config: dict[str, Any], say: Callable[[str], None], asked: Asked = NOT_ASKED) -> Spec:
    """Obtain the data of the frozen `config` and return the run's spec.

    What a data module of somebody else's reads is known only when it has read it.

    Raises:
        BenchError: the data cannot be had or is not what it should be.
    """
    config = settled(config)
    data = config["data"]
    if data.get("_target_") != OURS:
        return Spec(config, None, asked)
    return Spec(config, _digest(data["name"], data["folder"], data["verify"], say), asked)


@cache
def _digest(name: str, folder: str | None, verify: bool, say: Callable[[str], None]) -> str:
    found = obtain(
        name, folder=Path(folder) if folder else None, verify=verify, cache=cache_dir(), say=say
    )
    return data_digest(found)
