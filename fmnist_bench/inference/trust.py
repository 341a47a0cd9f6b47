"""Which code the net's config in a record may call.

A record can come from anyone, and instantiating a config calls what its `_target_`s name.
A dotted name can reach any module that a trusted module imports, so a trusted beginning of
the name is not enough: the name must be the very place where a net is defined.
"""

import importlib
from collections.abc import Collection, Iterator
from typing import Any

from torch import nn

from fmnist_bench.errors import BenchError

_OWN = "fmnist_bench.nets."
_TORCH = "torch.nn"


def check_net_config(config: Any, key: str, trust: Collection[str]) -> None:
    """Check that building the net of `config` runs no code but that of known nets.

    Known are the nn.Module classes defined below `fmnist_bench.nets`, those named
    `torch.nn.NAME`, and the names in `trust`, which are the user's word. `key` is where
    `config` stands in the record, for the message.

    Raises:
        BenchError: something else would be called, or a value is to be interpolated.
    """
    for where, name, value in _leaves(config, key):
        if name == "_target_":
            if not (isinstance(value, str) and (value in trust or _is_known(value))):
                raise BenchError(
                    f"{where}: names {value!r}, which is no net of this suite; to import and run "
                    f"that code, review it and give --trust {value}"
                )
        elif isinstance(value, str) and "${" in value:
            raise BenchError(f"{where}.{name}: {value!r}, expected a value, not an interpolation")


def _is_known(target: str) -> bool:
    module, _, name = target.rpartition(".")
    if module != _TORCH and not module.startswith(_OWN):
        return False
    try:
        # Imports files of these two packages, never what they import in turn.
        found = vars(importlib.import_module(module)).get(name)
    except (ImportError, ValueError):
        return False
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        return False
    return module == _TORCH or f"{found.__module__}.{found.__qualname__}" == target


def _leaves(value: Any, key: str) -> Iterator[tuple[str, str, Any]]:
    """Yield every plain value below `value`: where it stands, its name, and itself."""
    named = value.items() if isinstance(value, dict) else ((str(i), v) for i, v in enumerate(value))
    for name, inner in named:
        if isinstance(inner, dict | list) and name != "_target_":
            yield from _leaves(inner, f"{key}.{name}")
        else:
            yield key, name, inner
