"""Which run a config describes: canonical JSON, the ignore list and its hashes."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from fmnist_bench.data.facts import PROTOCOL_VERSION

NOT_IDENTITY = (
    "paths",  # where files lie
    "logger",  # who is told
    "row",  # how the board labels the run
    "speed",  # the table that precision, channels_last and compile were picked from
    "data.folder",  # the content counts, through its digest
    "model.net.weights",  # a path; the file counts, through weights_sha256
    "trainer.progress_bar",
    "trainer.device_index",
    "trainer.time_limit_seconds",
)
"""Config keys that do not change what is trained; every other key does."""

NOT_RECIPE = ("seed", "data.name")
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


def identity_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the resolved `config` without the keys in `NOT_IDENTITY`."""
    return _without(config, NOT_IDENTITY)


def run_identity(config: Mapping[str, Any], data_digest: str) -> str:
    """Return the hash (hex) that identifies the run which `config` describes on that data."""
    return sha256_of(
        {
            "config": _set_keys(identity_config(config)),
            "protocol_version": PROTOCOL_VERSION,
            "data_digest": data_digest,
        }
    )


def recipe_identity(config: Mapping[str, Any]) -> str:
    """Return the hash (hex) shared by all runs of one row: any seed, either dataset."""
    recipe = _without(identity_config(config), NOT_RECIPE)
    return sha256_of({"config": _set_keys(recipe), "protocol_version": PROTOCOL_VERSION})


def _set_keys(value: Any) -> Any:
    """Drop keys that are null: a feature that is off hashes as one that does not exist yet.

    So a later version can add an optional key without making every run a different one.
    """
    if isinstance(value, Mapping):
        return {key: _set_keys(inner) for key, inner in value.items() if inner is not None}
    return value


def _without(config: Mapping[str, Any], dropped: tuple[str, ...]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key, value in config.items():
        if key in dropped:
            continue
        prefix = f"{key}."
        inner = tuple(path[len(prefix) :] for path in dropped if path.startswith(prefix))
        kept[key] = _without(value, inner) if inner and isinstance(value, Mapping) else value
    return kept
