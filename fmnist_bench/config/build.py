"""From a part of a config to the object that it describes."""

import contextlib
import difflib
import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Any

from hydra.errors import HydraException
from hydra.utils import get_object, instantiate

from fmnist_bench.errors import BenchError

_UNKNOWN = re.compile(r"got an unexpected keyword argument '(?P<name>[^']+)'")
_NOT_INSTALLED = re.compile(r"No module named '(?P<name>\w+)")
_EXTRAS = {name: "classical" for name in ("sklearn", "skimage", "threadpoolctl", "xgboost")}
"""Package of somebody else's -> the extra of this one that installs it."""

_MISSING = re.compile(
    r"missing \d+ required (?:keyword-only |positional )?arguments?: (?P<names>.+)"
)


def build(config: Any, key: str, **arguments: Any) -> Any:
    """Return what the node `config` at `key` instantiates to, with plain lists and dictionaries.

    Raises:
        BenchError: a target does not exist, takes other arguments or refuses their values, told
            in one line with the key.
    """
    try:
        _check_partials(config, key)
        return instantiate(config, _convert_="all", **arguments)
    except HydraException as error:
        raise _refused(config, key, error) from None


def _check_partials(config: Any, key: str) -> None:
    """Refuse unknown arguments of what is only called later, such as an optimizer."""
    if not isinstance(config, Mapping):
        return
    for name, inner in config.items():
        _check_partials(inner, f"{key}.{name}")
    if config.get("_partial_") is True:
        target = config.get("_target_")
        try:
            parameters = inspect.signature(get_object(str(target))).parameters
        except ImportError as error:
            text = " ".join(str(error).split())
            raise BenchError(
                f"{key}._target_: {target} cannot be found ({text}); mend the name"
            ) from None
        except (ValueError, TypeError):  # some that are written in C do not say
            return
        if any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
            return
        names = [str(name) for name in config if not str(name).startswith("_")]
        if foreign := [name for name in names if name not in parameters]:
            raise _takes_no(str(target), foreign, key)


def _takes_no(target: str, names: Sequence[str], key: str) -> BenchError:
    """Return what to say of the arguments `names` at `key`, with what may have been meant."""
    known: list[str] = []
    with contextlib.suppress(ImportError, ValueError, TypeError):
        known = list(inspect.signature(get_object(target)).parameters)
    close = difflib.get_close_matches(names[0], known, n=1)
    drop = f"drop {'it' if len(names) == 1 else 'them'} with"
    hint = (
        f"did you mean {close[0]}?"
        if close
        else " ".join([drop, *(f"~{key}.{each}" for each in names)])
    )
    return BenchError(f"{key}.{names[0]}: {target} takes no {' and no '.join(names)}; {hint}")


def _refused(config: Any, key: str, error: HydraException) -> BenchError:
    """Return in one line what `error`, of instantiating the node `config` at `key`, says."""
    cause = error.__cause__
    if isinstance(cause, BenchError):
        return cause
    text = " ".join(str(cause or error).split())
    where, node = key, config
    found = re.search(r"full_key: (\S+)", str(error))
    if found:
        where = f"{key}.{found[1]}"
        for name in found[1].split("."):
            node = node.get(name, {}) if isinstance(node, Mapping) else {}
    target = node.get("_target_", "?") if isinstance(node, Mapping) else "?"
    if unknown := _UNKNOWN.search(text):
        return _takes_no(str(target), [unknown["name"]], where)
    if missing := _MISSING.search(text):
        return BenchError(f"{where}: {target} wants {missing['names']} as well; add it")
    absent = _NOT_INSTALLED.search(text)
    if absent and absent["name"] in _EXTRAS:
        extra = _EXTRAS[absent["name"]]
        return BenchError(
            f"{where}._target_: {target} needs {absent['name']}; "
            f'pip install "fmnist-bench[{extra}]"'
        )
    if cause is None or isinstance(cause, ImportError):
        return BenchError(f"{where}._target_: {target} cannot be found ({text}); mend the name")
    return BenchError(f"{where}: {target}: {text}")
