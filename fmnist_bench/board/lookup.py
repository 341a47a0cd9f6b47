"""Looking things up in a record's config, which may hold anything."""

from collections.abc import Mapping
from typing import Any


def part(config: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return the mapping at `key`, empty if there is none."""
    value = config.get(key)
    return value if isinstance(value, Mapping) else {}


def never_tested(config: Mapping[str, Any]) -> bool:
    """Tell whether a run of this config leaves the test set alone, as those of a search do."""
    return part(config, "protocol").get("test") == "never"
