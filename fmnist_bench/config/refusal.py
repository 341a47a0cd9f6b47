"""What Hydra says when it refuses something, as one line that names the nearest thing there is."""

import difflib
import re
from collections.abc import Callable, Collection

from fmnist_bench.paths import conf_dir

_UNKNOWN_KEY = re.compile(
    r"Could not (?:override|append to config\. .*?|delete from config\.) ?'(?P<key>[^']+)'"
)
_UNKNOWN_FILE = re.compile(r"Could not (?:find|load) '(?P<group>[^']+)/(?P<name>[^'/]+)'")
_NOT_A_CHOICE = ("_", "schema_")  # files in conf/ that others build on


def in_one_line(text: str, known_keys: Callable[[], Collection[str]]) -> str:
    """Fold what Hydra says in several lines into one, and add what may have been meant.

    `known_keys` is asked for the config's dotted keys only when one was not found. Left out:
    Hydra's usage, where it searched, its types, and its advice on debugging it.
    """
    text = text.rpartition("fmnist-bench train: error: ")[2]
    text, _, _ = text.partition("Config search path:")
    lines = [line.strip() for line in text.splitlines()]
    if unknown := _UNKNOWN_KEY.search(text):
        return _unknown_key(unknown["key"], known_keys())
    if unknown := _UNKNOWN_FILE.search(text):
        # Of a group that takes a list, Hydra says no choices.
        choices = _choices(lines) or choices_of(unknown["group"])
        if choices:
            return _unknown_choice(unknown["group"], unknown["name"], choices)
    kept = [line for line in lines if line and "HYDRA_FULL_ERROR" not in line]
    return " ".join(kept) or "Hydra refused the arguments"


def _unknown_key(key: str, known: Collection[str]) -> str:
    if key in known:  # as ~model.init, which is there, but null
        return f"{key}: has no value that could be dropped; leave it away"
    close = nearest_key(key, known)
    parent, _, _ = key.rpartition(".")
    siblings = [each.rpartition(".")[2] for each in known if each.rpartition(".")[0] == parent]
    if close:
        hint = f"did you mean {close}?"
    elif parent and siblings:
        hint = f"{parent} has {', '.join(siblings)}"
    else:
        hint = "--cfg job shows the keys"
    return f"{key}: the config has no such key; {hint}"


def _unknown_choice(group: str, name: str, choices: list[str]) -> str:
    close = difflib.get_close_matches(name, choices, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"{group}={name}: no such file in conf/{group}; {hint}choose from {', '.join(choices)}"


def _choices(lines: list[str]) -> list[str]:
    """Return what Hydra lists, one to a line, below "Available options in ..."."""
    start = next((i for i, line in enumerate(lines) if line.startswith("Available options")), None)
    listed = [] if start is None else lines[start + 1 :]
    return [name for name in listed if name and not name.startswith(_NOT_A_CHOICE)]


def choices_of(group: str) -> list[str]:
    """Return the names of the files in conf/`group` that one may choose."""
    names = sorted(path.stem for path in (conf_dir() / group).glob("*.yaml"))
    return [name for name in names if not name.startswith(_NOT_A_CHOICE)]


def nearest_key(key: str, known: Collection[str]) -> str | None:
    """Return the one of `known` that was likely meant by `key`; None if no one looks like it.

    That is the one beside it that is spelled nearly so, or else the one with the fewest parts
    that ends as it does, so that lr finds optimizer.lr.
    """
    parent, _, last = key.rpartition(".")
    beside = [each for each in known if each.rpartition(".")[0] == parent]
    near = difflib.get_close_matches(key, beside, n=1, cutoff=0)
    same = sorted((each for each in known if each.rpartition(".")[2] == last), key=_depth)
    if near and _alike(near[0].rpartition(".")[2], last):
        return near[0]
    return same[0] if same else None


def _alike(one: str, other: str) -> bool:
    return bool(difflib.get_close_matches(one, [other], n=1, cutoff=0.7))


def _depth(key: str) -> int:
    return key.count(".")
