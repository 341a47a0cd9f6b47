"""Which run a recipe describes: canonical JSON and its hashes."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from fmnist_bench.data.facts import PROTOCOL_VERSION

NOT_OF_THE_ROW = (
    "seed",
    "data.seed",
    "data.name",
    "data.class_names",
    "parent.identity",
    "parent.weights",
)
"""Keys in which the runs of one row may differ: the seed, and the column (the dataset)."""


def canonical_json(value: Any) -> str:
    """Serialise `value` so that equal content gives equal text.

    Raises:
        ValueError: `value` holds NaN or an infinity.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def sha256_of(value: Any) -> str:
    """Return the SHA-256 (hex) of the canonical JSON of `value`."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def run_identity(recipe: Mapping[str, Any], data_digest: str | None) -> str:
    """Return the hash (hex) that identifies the run of `recipe` on that data."""
    return sha256_of(
        {"recipe": recipe, "protocol_version": PROTOCOL_VERSION, "data_digest": data_digest}
    )


def recipe_digest(recipe: Mapping[str, Any]) -> str:
    """Return the hash (hex) shared by all runs of one row: any seed, any dataset."""
    shared = without(recipe, NOT_OF_THE_ROW)
    return sha256_of({"recipe": shared, "protocol_version": PROTOCOL_VERSION})


def without(config: Mapping[str, Any], dropped: tuple[str, ...]) -> dict[str, Any]:
    """Return `config` without the keys at the dotted paths in `dropped`."""
    kept: dict[str, Any] = {}
    for key, value in config.items():
        if key in dropped:
            continue
        prefix = f"{key}."
        inner = tuple(path[len(prefix) :] for path in dropped if path.startswith(prefix))
        kept[key] = without(value, inner) if inner and isinstance(value, Mapping) else value
    return kept
