"""A recipe under the keys that a person types, and the keys in which several differ."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_TYPED = {
    "augment": "data.augmentations",
    "batch_size": "data.batch_size",
    "decay_norm_and_bias": "model.decay_norm_and_bias",
    "drop_last": "data.drop_last",
    "epochs": "trainer.max_epochs",
    "eval_batch_size": "data.eval_batch_size",
    "grad_clip": "trainer.gradient_clip_val",
    "label_smoothing": "model.loss.label_smoothing",
    "optimizer": "model.optimizer",
    "precision": "trainer.precision",
    "schedule": "model.schedule",
}
"""What a person types, and looks for -> where a recipe has it."""

_BARE = re.compile(r"[A-Za-z_][\w./@:-]*")
_WORDS = ("null", "true", "false", "nan", "inf")
_COPIES = ("data.seed", "data.split", "data.split_seed", "data.validation")
"""What a recipe holds twice."""


def typed(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of `recipe` with its values where they are typed: `model.optimizer` above."""
    config = _copy(recipe)
    for name, place in _TYPED.items():
        *parents, last = place.split(".")
        node = config
        for parent in parents:
            node = node.get(parent) or {}
        if last in node and name not in config:
            config[name] = node.pop(last)
    return config


def flat(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the typed recipe `config` by dotted key."""
    found: dict[str, Any] = {}
    for name, value in config.items():
        if isinstance(value, Mapping) and value:
            found |= {f"{name}.{key}": inner for key, inner in flat(value).items()}
        else:
            found[name] = value
    return {key: value for key, value in found.items() if key not in _COPIES}


def differing(configs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the keys in which flat `configs` differ, in their order.

    Of what has another class here than there, the class stands for all that only one of the two
    takes: `optimizer._target_`, without `optimizer.momentum`.
    """
    keys = list(dict.fromkeys(key for config in configs for key in config))
    different = [key for key in keys if len({word(config.get(key)) for config in configs}) > 1]
    classes = [key.removesuffix("_target_") for key in different if key.endswith("._target_")]

    def told_by_class(key: str) -> bool:
        inside = any(key.startswith(place) for place in classes) and not key.endswith("._target_")
        return inside and not all(key in config for config in configs)

    return [key for key in different if not told_by_class(key)]


def word(value: Any) -> str:
    """Return `value` as one types it in an override."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}:{word(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ",".join(map(word, value)) + "]"
    return json.dumps(value)


def as_override(key: str, value: Any) -> str:
    """Return the override that gives `key` this value, in Hydra's grammar."""
    return f"{key}={_quoted(value)}"


def _quoted(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}:{_quoted(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ",".join(map(_quoted, value)) + "]"
    if not isinstance(value, str) or (_BARE.fullmatch(value) and value.lower() not in _WORDS):
        return word(value)
    return "'" + value.replace("'", "\\'") + "'"


def short(key: str, value: Any) -> str:
    """Return `key=value` as a reader wants it: a class by its own name."""
    if key.endswith("._target_"):
        return f"{key.removesuffix('._target_')}={str(value).rpartition('.')[2]}"
    return f"{key}={word(value)}"


def _copy(node: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _copy(each) if isinstance(each, Mapping) else each for name, each in node.items()}
