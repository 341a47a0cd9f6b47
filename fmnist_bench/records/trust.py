"""What a record's config names, looked at without running any of it.

A record can come from anyone, and instantiating a config calls what its `_target_`s name.
A dotted name can reach every module that a trusted module imports, so a trusted beginning of
the name is not enough: the name must be a place where this suite defines something.
"""

import importlib
from collections.abc import Iterator, Sequence
from types import FunctionType
from typing import Any


def own_object(target: str, packages: Sequence[str]) -> object | None:
    """Return the class or function of this suite that `target` names, None if it names none.

    `packages` are those of this suite it may be in; only files of theirs are imported.
    """
    module, _, name = target.rpartition(".")
    if not _inside(module, packages):
        return None
    found = module_object(module, name)
    if isinstance(found, type | FunctionType) and _inside(found.__module__, packages):
        return found
    return None


def module_object(module: str, name: str) -> object | None:
    """Return what `module` has under `name`, None if there is no such module or name."""
    try:
        return vars(importlib.import_module(module)).get(name)
    except (ImportError, ValueError):
        return None


def leaves(value: Any, key: str) -> Iterator[tuple[str, str, Any]]:
    """Yield every plain value below `value`: where it stands, its name, and itself."""
    named = value.items() if isinstance(value, dict) else ((str(i), v) for i, v in enumerate(value))
    for name, inner in named:
        if isinstance(inner, dict | list) and name != "_target_":
            yield from leaves(inner, f"{key}.{name}")
        else:
            yield key, name, inner


def _inside(module: str, packages: Sequence[str]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)
