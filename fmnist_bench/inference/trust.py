"""Which code the net's config in a record may call."""

from collections.abc import Collection
from typing import Any

from torch import nn

from fmnist_bench.errors import BenchError
from fmnist_bench.records.trust import leaves, module_object, own_object

_OWN = "fmnist_bench.nets"
_TORCH = "torch.nn"


def check_net_config(config: Any, key: str, trust: Collection[str]) -> None:
    """Check that building the net of `config` runs no code but that of known nets.

    Known are the nn.Module classes defined below `fmnist_bench.nets`, those named
    `torch.nn.NAME`, and the names in `trust`, which are the user's word. `key` is where
    `config` stands in the record, for the message.

    Raises:
        BenchError: something else would be called, or a value is to be interpolated.
    """
    for where, name, value in leaves(config, key):
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
    found = module_object(module, name) if module == _TORCH else own_object(target, [_OWN])
    return isinstance(found, type) and issubclass(found, nn.Module)
