"""Composing thousands of configs that differ in plain values: each file's work is done once."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from fmnist_bench.config.compose import Composer
from fmnist_bench.config.secrets import refuse_secrets

_WHOLE = re.compile(r"\$\{(\w[\w.]*)\}")
_NAME = re.compile(r"\w[\w.]*")
_ODD = re.compile(r"\$\{\s*\.")  # relative to where it stands


@dataclass(frozen=True)
class Word:
    """One override of one job: as written, and its key and value if it is plain key=value."""

    text: str
    key: str
    value: Any
    plain: bool

    @classmethod
    def of(cls, composer: Composer, override: Override) -> "Word":
        """Return the word of `override`, which sweeps over nothing."""
        plain = composer.is_value(override)
        value = override.value() if plain else None
        return cls(str(override.input_line), str(override.key_or_group), value, plain)


class Many:
    """Composes the configs of jobs through `composer`.

    A number that goes where it is written, or is taken from there as it is (`${optimizer}`),
    changes nothing else: such a value is put into a copy of what the first such job composed
    to. What anything is computed from (`${fastest.${processor:...}}`) is composed anew.
    """

    def __init__(self, composer: Composer) -> None:
        self._composer = composer
        self._templates: dict[tuple[Any, ...], _Template] = {}
        self._simple: dict[tuple[Any, ...], frozenset[str]] = {}

    def config(self, job: Sequence[Word]) -> dict[str, Any]:
        """Return the frozen config of `job`, as `Composer.config` does.

        Raises:
            BenchError: a word is wrong, named in the message.
        """
        simple = self._simple_keys(job)
        values = {word.key: word.value for word in job if word.key in simple}
        rest = tuple(word.text for word in job if word.key not in simple)
        template = self._templates.get((rest, *values))
        texts = [word.text for word in job]
        if template is None:
            config, frozen = self._composer.composed(texts)
            self._templates[(rest, *values)] = _Template(config, frozen, values)
            return frozen
        try:
            return template.filled(values)
        except OmegaConfBaseException:
            return self._composer.config(texts)  # says what is wrong

    def _simple_keys(self, job: Sequence[Word]) -> frozenset[str]:
        plain = [word for word in job if word.plain and _scalar(word.value)]
        rest = [word for word in job if not (word.plain and _scalar(word.value))]
        key = (*(word.key for word in plain), *(word.text for word in rest))
        if key not in self._simple:
            tainted = {word.key for word in rest} | {"paths"}
            files = [word.text for word in job if not word.plain]
            computed = _computed_from(self._composer.merged(files))
            if computed is None or len({word.key for word in plain}) < len(plain):
                self._simple[key] = frozenset()
            else:
                tainted |= computed
                keys = (word.key for word in plain)
                self._simple[key] = frozenset(
                    each for each in keys if not any(_related(each, other) for other in tainted)
                )
        return self._simple[key]


class _Template:
    """A composed config, and where each of its simple `values` lies in the frozen one."""

    def __init__(self, config: DictConfig, frozen: dict[str, Any], values: dict[str, Any]) -> None:
        self._scratch, self._frozen = config, frozen
        taken = list(_taken(OmegaConf.to_container(config, resolve=False)))
        self._places = {key: list(_places(key, taken, frozen)) for key in values}
        self._converted: dict[tuple[str, Any, type], Any] = {}

    def filled(self, values: dict[str, Any]) -> dict[str, Any]:
        frozen = self._frozen
        for key, value in values.items():
            for place in self._places[key]:
                frozen = _with(frozen, place, self._as_typed(key, value))
        return frozen

    def _as_typed(self, key: str, value: Any) -> Any:
        known = (key, value, type(value))
        if known not in self._converted:
            OmegaConf.update(self._scratch, key, value, merge=True)
            found = OmegaConf.select(self._scratch, key)
            refuse_secrets(found, key)
            self._converted[known] = found
        return self._converted[known]


def _scalar(value: Any) -> bool:
    plain = value is None or isinstance(value, bool | int | float | str)
    return plain and not (isinstance(value, str) and ("${" in value or value == "???"))


def _related(one: str, other: str) -> bool:
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


def _leaves(node: Any, above: str = "") -> Iterator[tuple[str, str]]:
    """Yield place and text of every interpolation."""
    if isinstance(node, dict):
        for name, inner in node.items():
            if above or name != "hydra":
                yield from _leaves(inner, f"{above}.{name}" if above else str(name))
    elif isinstance(node, list):
        for index, inner in enumerate(node):
            yield from _leaves(inner, f"{above}.{index}")
    elif isinstance(node, str) and "${" in node:
        yield above, node


def _taken(node: Any) -> Iterator[tuple[str, str]]:
    """Yield what is taken as it is, and the place where that is done."""
    for place, text in _leaves(node):
        if whole := _WHOLE.fullmatch(text):
            yield whole[1], place


def _computed_from(config: DictConfig) -> set[str] | None:
    """Return the keys that values of `config` are computed from; None if that is not clear."""
    found: set[str] = set()
    for _, text in _leaves(OmegaConf.to_container(config, resolve=False)):
        if _ODD.search(text):
            return None
        if not _WHOLE.fullmatch(text):
            found |= {name.strip(".") for name in _NAME.findall(text)}
    return found


def _places(
    key: str, taken: Sequence[tuple[str, str]], frozen: dict[str, Any]
) -> Iterator[list[str]]:
    path = key.split(".")
    if path[0] in frozen:
        yield path
    for source, place in taken:
        if key == source or key.startswith(f"{source}."):
            yield from _places(place + key[len(source) :], taken, frozen)


def _with(config: dict[str, Any], place: Sequence[str], value: Any) -> dict[str, Any]:
    name, *inner = place
    return {**config, name: _with(config[name], inner, value) if inner else value}
