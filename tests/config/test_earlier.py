"""A config that was frozen before a key existed still runs, as the run that it was."""

import copy
from typing import Any

import pytest
from omegaconf import OmegaConf

from fmnist_bench.config.compose import compose
from fmnist_bench.config.earlier import with_later_keys
from fmnist_bench.records.identity import run_identity


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    return compose(["model=mlp"])


def test_a_config_of_this_version_stays_as_it_is(config: dict[str, Any]) -> None:
    assert with_later_keys(config) == config


@pytest.mark.parametrize("path", [("matmul_precision",), ("trainer", "time_limit_seconds")])
def test_optional_keys_of_later_versions_are_null(
    config: dict[str, Any], path: tuple[str, ...]
) -> None:
    earlier = copy.deepcopy(config)
    *outer, name = path
    part: Any = earlier
    for key in outer:
        part = part[key]
    del part[name]
    completed = with_later_keys(earlier)
    assert OmegaConf.select(completed, ".".join(path), default="absent") is None
    assert run_identity(OmegaConf.to_container(completed), "") == run_identity(earlier, "")


def test_a_key_that_may_not_be_null_is_not_made_up(config: dict[str, Any]) -> None:
    assert "epochs" not in with_later_keys({k: v for k, v in config.items() if k != "epochs"})
