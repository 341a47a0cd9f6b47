"""What a record's recipe names, looked at without running any of it.

A record can come from anyone, and instantiating a config calls what its `_target_`s name.
A dotted name can reach every module that a trusted module imports, so a trusted beginning of
the name is not enough: the name must be a place where something of the kind is defined.
"""

import importlib
from collections.abc import Collection, Iterator
from types import FunctionType
from typing import Any, get_type_hints

from fmnist_bench.errors import BenchError

_ROOMS = ("fmnist_bench.data", "fmnist_bench.nets", "fmnist_bench.training")
_OPEN = (
    "fmnist_bench.data.augment",
    "fmnist_bench.data.hog",
    "fmnist_bench.nets.init",
    "fmnist_bench.training.amsgradw",
    "fmnist_bench.training.image_sizes",
    "fmnist_bench.training.losses",
    "fmnist_bench.training.mixing",
    "fmnist_bench.training.schedules",
)
"""Where every class and function is a part of recipes. Elsewhere in `_ROOMS` that is what is, or
returns, an nn.Module or a data module."""

_LIBRARIES = {
    "pytorch_lightning": "pytorch_lightning.Trainer",
    "pytorch_lightning.callbacks": "pytorch_lightning.Callback",
    "timm.optim": "torch.optim.Optimizer",
    "torch.nn": "torch.nn.Module",
    "torch.optim": "torch.optim.Optimizer",
    "torchmetrics": "torchmetrics.Metric",
    "torchmetrics.classification": "torchmetrics.Metric",
    "xgboost": "sklearn.base.BaseEstimator",
    **{
        f"sklearn.{module}": "sklearn.base.BaseEstimator"
        for module in (
            *("ensemble", "linear_model", "multiclass", "naive_bayes", "neighbors"),
            *("neural_network", "preprocessing", "svm", "tree"),
        )
    },
}
"""Module of a library -> the class from which what a recipe may take from it derives."""

_WRITES = "pytorch_lightning.callbacks.Checkpoint"


def refuse_foreign_code(config: Any, key: str, advice: str, trust: Collection[str] = ()) -> None:
    """Check that instantiating `config` runs no code but this suite's and that of `_LIBRARIES`.

    The names in `trust` may run too, on the user's word. `key` is where `config` stands in
    the record, `advice` what to do about code that is refused, with {} for its name.

    Raises:
        BenchError: something else would be called, or a value is to be interpolated.
    """
    for where, name, value in leaves(config, key):
        if name == "_target_":
            if not (isinstance(value, str) and (value in trust or is_known(value))):
                raise BenchError(
                    f"{where}: a record may not call {value!r}, which is no part of this suite; "
                    f"review that code and {advice.format(value)}"
                )
        elif isinstance(value, str) and "${" in value:
            raise BenchError(f"{where}.{name}: {value!r}, expected a value, not an interpolation")


def is_known(target: str) -> bool:
    """Whether the recipe of any record may call `target`. Imports the module that it names."""
    module, _, name = target.rpartition(".")
    if name.startswith("_"):
        return False
    if module in _LIBRARIES:
        found = _object(module, name)
        return _derives(found, _LIBRARIES[module]) and not _derives(found, _WRITES)
    if not _inside(module, _ROOMS):
        return False
    found = _object(module, name)
    if not isinstance(found, type | FunctionType) or not _inside(found.__module__, _ROOMS):
        return False
    made = found if isinstance(found, type) else _returned(found)
    return (
        _inside(found.__module__, _OPEN)
        or _derives(made, "torch.nn.Module")
        or _derives(made, "pytorch_lightning.LightningDataModule")
    )


def leaves(value: Any, key: str) -> Iterator[tuple[str, str, Any]]:
    """Yield every plain value below `value`: where it stands, its name, and itself."""
    named = value.items() if isinstance(value, dict) else ((str(i), v) for i, v in enumerate(value))
    for name, inner in named:
        if isinstance(inner, dict | list) and name != "_target_":
            yield from leaves(inner, f"{key}.{name}")
        else:
            yield key, name, inner


def _object(module: str, name: str) -> object | None:
    """Return what `module` itself has under `name`, None if there is no such module or name."""
    try:
        return vars(importlib.import_module(module)).get(name)
    except (ImportError, ValueError):
        return None


def _returned(function: FunctionType) -> object | None:
    try:
        return get_type_hints(function).get("return")
    except NameError:  # a type that is imported for type checkers alone
        return None


def _derives(found: object, base: str) -> bool:
    module, _, name = base.rpartition(".")
    above = _object(module, name)
    return isinstance(found, type) and isinstance(above, type) and issubclass(found, above)


def _inside(module: str, packages: Collection[str]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)
