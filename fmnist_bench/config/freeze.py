"""From a composed Hydra config to the plain, fully resolved one that a run keeps."""

from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from fmnist_bench.config.secrets import refuse_secrets
from fmnist_bench.errors import BenchError


def freeze(config: DictConfig) -> dict[str, Any]:
    """Return `config` without interpolations, its outputs folder made absolute.

    Raises:
        BenchError: a value is missing, refers to a key that is not there, or looks like a
            secret.
    """
    try:
        frozen = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        key = getattr(error, "full_key", None) or "config"
        raise BenchError(f"{key}: {str(error).splitlines()[0]}") from None
    assert isinstance(frozen, dict)
    plain = {str(key): value for key, value in frozen.items() if key != "hydra"}
    plain["paths"]["outputs"] = str(Path(plain["paths"]["outputs"]).absolute())
    refuse_secrets(plain)
    return plain
