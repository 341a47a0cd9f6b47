"""From overrides that sweep to the words of every job, in Hydra's own grammar."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from hydra.core.override_parser.types import Override, Transformer
from omegaconf import OmegaConf

from fmnist_bench.config.compose import Composer
from fmnist_bench.config.many import Word
from fmnist_bench.config.typed import as_override
from fmnist_bench.errors import BenchError
from fmnist_bench.paths import conf_dir

Choice = tuple[Word, ...]
"""What a job takes of one word of the command line: one override, or those of a pair."""

_PAIRS = "zip=[{model:vgg,optimizer.lr:0.02},{model:cnn,optimizer.lr:0.01}]"


def expand(composer: Composer, overrides: Sequence[str]) -> list[list[Word]]:
    """Return the words of every job of the sweep over `overrides`.

    `zip=` gives several keys at once, as a list of what each job sets or as a list of values
    for each key.

    Raises:
        BenchError: one of them is wrong, sweeps over nothing, or pairs what does not pair.
    """
    parsed = composer.parse(overrides)
    _refuse_twice(parsed)
    choices = [list(_choices(composer, each)) for each in parsed]
    return [[word for choice in job for word in choice] for job in product(*choices)]


def with_sweeps(overrides: Sequence[str]) -> tuple[list[str], str | None]:
    """Put what conf/sweep/NAME.yaml says in the place of `sweep=NAME`; return it with the name.

    Raises:
        BenchError: there is no such file, or it says something else than a sweep.
    """
    named, name = [], None
    for each in overrides:
        if each.startswith("sweep="):
            name = each.removeprefix("sweep=")
            named += _in_file(name)
        else:
            named.append(each)
    return named, name


def swept_keys(overrides: Sequence[Override]) -> list[str]:
    """Return the keys that `overrides` sweep over."""
    keys = []
    for each in overrides:
        if each.key_or_group == "zip":
            keys += list(dict.fromkeys(key for pair in _pairs(each) for key in pair))
        elif each.is_sweep_override():
            keys.append(str(each.key_or_group))
    return keys


def _refuse_twice(overrides: Sequence[Override]) -> None:
    """Refuse a key that two words give several values, or a pair and another word."""
    swept = Counter(swept_keys(overrides))
    paired = {key for each in overrides if each.key_or_group == "zip" for key in swept_keys([each])}
    for each in overrides:
        if each.key_or_group in paired and not each.is_sweep_override():
            swept[str(each.key_or_group)] += 1
    for key, count in swept.items():
        if count > 1:
            raise BenchError(f"{key}: given several values twice; drop one of the two")


def _choices(composer: Composer, each: Override) -> Iterator[Choice]:
    if each.key_or_group == "zip":
        for pair in _pairs(each):
            overrides = composer.parse([as_override(key, value) for key, value in pair.items()])
            yield tuple(Word.of(composer, override) for override in overrides)
        return
    if not each.is_sweep_override():
        yield (Word.of(composer, each),)
        return
    if not each.is_discrete_sweep():
        raise BenchError(
            f"{each.input_line}: no list of values, which a sweep needs: 0.1,0.01 or range(1,9); "
            "to search an interval there is fmnist-bench tune search=NAME"
        )
    texts, key = list(each.sweep_string_iterator()), each.get_key_element()
    if not texts:
        raise BenchError(f"{each.input_line}: sweeps over nothing; give it a value")
    values = list(each.sweep_iterator(transformer=Transformer.identity))
    plain = "@" not in key and not key.startswith(("+", "~")) and not composer.is_group(key)
    for text, value in zip(texts, values, strict=True):
        if plain and (value is None or type(value) in (int, float, bool)):  # parsed already
            yield (Word(f"{key}={text}", key, value, plain=True),)
        else:
            (override,) = composer.parse([f"{key}={text}"])
            yield (Word.of(composer, override),)


def _pairs(each: Override) -> list[dict[str, Any]]:
    """Return what each pair of `zip=` sets."""
    value = [] if each.is_sweep_override() else each.value()
    if isinstance(value, Mapping):
        lists = {str(key): inner for key, inner in value.items()}
        lengths = {len(inner) for inner in lists.values() if isinstance(inner, list)}
        if not all(isinstance(inner, list) for inner in lists.values()) or lengths <= {0}:
            raise BenchError(f"zip: expected a list of values for each key, or {_PAIRS}")
        if len(lengths) > 1:
            told = ", ".join(f"{key} has {len(inner)}" for key, inner in lists.items())
            raise BenchError(f"zip: pairs of unequal length: {told}; give each key as many values")
        (length,) = lengths
        return [{key: inner[i] for key, inner in lists.items()} for i in range(length)]
    pairs = value if isinstance(value, list) else []
    if not pairs or not all(isinstance(pair, Mapping) and pair for pair in pairs):
        raise BenchError(f"zip: expected a list of pairs, as in '{_PAIRS}'")
    keys = {str(key) for key in pairs[0]}
    for place, pair in enumerate(pairs[1:], 2):
        if other := keys ^ {str(key) for key in pair}:
            raise BenchError(
                f"zip: pairs of unequal length: {sorted(other)[0]} is set in only one of pairs 1 "
                f"and {place}; set the same keys in all"
            )
    return [{str(key): inner for key, inner in pair.items()} for pair in pairs]


def _in_file(name: str) -> list[str]:
    folder = conf_dir() / "sweep"
    path = folder / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.yaml")))
        raise BenchError(f"sweep={name}: no conf/sweep/{name}.yaml; choose from {known}")
    content = OmegaConf.to_container(OmegaConf.load(path))
    content = {"zip": content} if isinstance(content, list) else content
    if not isinstance(content, dict) or not {*content} <= {"zip", "overrides"}:
        raise BenchError(f"{path}: expected a list of pairs, or the keys zip and overrides")
    given = [str(each) for each in content.get("overrides") or ()]
    return given + ([as_override("zip", content["zip"])] if "zip" in content else [])
