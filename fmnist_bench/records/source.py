"""A digest of the code that a config names, taken without running any of it."""

import ast
import hashlib
import importlib.util
import site
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


def source_digest(config: Mapping[str, Any]) -> str | None:
    """Return a SHA-256 (hex) over the files that define net, module and data of `config`.

    Comments and layout do not count, installed packages neither; None if no file is left.
    What those files import is not followed.
    """
    files = sorted(
        {path for node in ("model", "data") for path in _files(config.get(node))},
    )
    if not files:
        return None
    digest = hashlib.sha256()
    for path in files:
        digest.update(ast.dump(ast.parse(path.read_bytes())).encode())
    return digest.hexdigest()


def _files(node: Any) -> Iterator[Path]:
    if isinstance(node, Mapping):
        target = node.get("_target_")
        if isinstance(target, str) and (path := _file(target)) is not None:
            yield path
        for inner in node.values():
            yield from _files(inner)
    elif isinstance(node, list | tuple):
        for inner in node:
            yield from _files(inner)


def _file(target: str) -> Path | None:
    """Return the file that defines `target`, None for one of an installed package."""
    module = target.rpartition(".")[0]
    package = module.partition(".")[0]
    try:
        top = importlib.util.find_spec(package) if package else None
        if top is None or (_installed(top.origin) and package != __package__.partition(".")[0]):
            return None
        found = importlib.util.find_spec(module)  # imports the packages around it
    except (ImportError, ValueError, AttributeError):
        return None
    if found is None or found.origin is None or not found.origin.endswith(".py"):
        return None
    return Path(found.origin)


def _installed(origin: str | None) -> bool:
    if origin is None:
        return False
    places = [*site.getsitepackages(), *sysconfig.get_paths().values()]
    return any(Path(origin).is_relative_to(place) for place in places)
