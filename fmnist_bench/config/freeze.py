"""From a composed Hydra config to the plain, fully resolved one that a run keeps."""

import difflib
import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from fmnist_bench.config.kinds import MACHINE, RECIPE, REPORT, SOURCES
from fmnist_bench.config.secrets import refuse_secrets
from fmnist_bench.errors import BenchError

_REFERENCE = re.compile(r"\$\{(\w+)")


def freeze(config: DictConfig) -> dict[str, Any]:
    """Return `config` without interpolations, its outputs folder made absolute.

    What others take by interpolation is left out, since it stands where it was taken to. So
    a frozen config holds nothing that nobody reads.

    Raises:
        BenchError: a key is unknown, a value is missing, refers to a key that is not there, or
            looks like a secret.
    """
    _refuse_unknown(config)
    plain: dict[str, Any] = {}
    try:
        for key in (*RECIPE, *MACHINE, *REPORT):
            value = config[key]
            if OmegaConf.is_config(value):
                value = OmegaConf.to_container(value, resolve=True, throw_on_missing=True)
            plain[key] = value
    except OmegaConfBaseException as error:
        key = getattr(error, "full_key", None) or "config"
        raise BenchError(f"{key}: {str(error).splitlines()[0]}") from None
    plain["paths"]["outputs"] = str(Path(plain["paths"]["outputs"]).absolute())
    refuse_secrets(plain)
    return plain


def _refuse_unknown(config: DictConfig, above: str = "") -> None:
    """Refuse keys that the schema does not have, which Hydra lets in with a plus."""
    kind = OmegaConf.get_type(config)
    known = [each.name for each in fields(kind)] if is_dataclass(kind) else list(config)
    for key in map(str, config):
        if f"{above}{key}" == "hydra":
            continue
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {above}{close[0]}?" if close else "--cfg job shows the keys"
            raise BenchError(f"{above}{key}: the config has no such key; {hint}")
        child = config._get_node(key)
        if isinstance(child, DictConfig) and not (child._is_none() or child._is_missing()):
            _refuse_unknown(child, f"{above}{key}.")


def unread(config: DictConfig) -> set[str]:
    """Return the top-level keys of the composed `config` that nothing takes a value from."""
    raw = OmegaConf.to_container(config, resolve=False)
    assert isinstance(raw, dict)
    read: set[str] = set()
    fresh = {*RECIPE, *MACHINE, *REPORT}
    while fresh:
        read |= fresh
        fresh = {name for key in fresh for name in _REFERENCE.findall(str(raw.get(key)))} - read
    return set(SOURCES) - read
