"""Looking things up in a record's recipe, which may hold anything or be missing."""

from collections.abc import Mapping
from typing import Any


def part(config: Mapping[str, Any] | None, key: str) -> Mapping[str, Any]:
    """Return the mapping at `key`, empty if there is none."""
    value = (config or {}).get(key)
    return value if isinstance(value, Mapping) else {}


def never_tested(recipe: Mapping[str, Any] | None) -> bool:
    """Tell whether a run of this recipe leaves the test set alone, as those of a search do."""
    return part(recipe, "protocol").get("test") == "never"


def limited_by(recipe: Mapping[str, Any] | None) -> str | None:
    """Return the key by which a run of this recipe sees a part of the data, None if it sees all.

    Null limits nothing, nor does what Lightning's Trainer has for it: 1.0 for a limit, 0 and
    false for the others.
    """
    for flag, value in part(recipe, "trainer").items():
        if flag.startswith("limit_"):
            limits = value is not None and not (isinstance(value, float) and value == 1)
        else:
            limits = flag in ("overfit_batches", "fast_dev_run") and bool(value)
        if limits:
            return f"trainer.{flag}"
    return None
