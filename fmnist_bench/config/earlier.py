"""Configs that an earlier version froze, read by this one."""

import dataclasses
import typing
from types import NoneType
from typing import Any

from omegaconf import DictConfig, OmegaConf

from fmnist_bench.config.schema import Run


def with_later_keys(config: dict[str, Any]) -> DictConfig:
    """Return `config` with null under each optional key that came after it was frozen.

    A key that may be null was not there when nobody could ask for it, and the identity of
    a run takes the two for the same.
    """
    return OmegaConf.create(_completed(config, Run))


def _completed(config: dict[str, Any], shape: type) -> dict[str, Any]:
    completed = dict(config)
    for name, kind in typing.get_type_hints(shape).items():
        value = completed.get(name)
        if NoneType in typing.get_args(kind):
            completed[name] = value
        elif dataclasses.is_dataclass(kind) and isinstance(kind, type) and isinstance(value, dict):
            completed[name] = _completed(value, kind)
    return completed
