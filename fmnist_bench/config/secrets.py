"""Keeps secrets out of configs, which are written to files and shown by trackers."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from fmnist_bench.errors import BenchError

_SECRET_KEY = re.compile(
    r"(.*[_-])?(api[_-]?key|token|password|passwd|secret|credentials?)", re.IGNORECASE
)
_URL_WITH_SECRET = re.compile(r"[a-z][a-z0-9+.-]*://[^/@\s]*:[^/@\s]+@|https?://[^/@\s]+@", re.I)


def refuse_secrets(config: Any, key: str = "") -> None:
    """Check that nothing in `config` looks like a secret; only texts can.

    Raises:
        BenchError: a key is named like one, or a URL has a password in it.
    """
    if isinstance(config, Mapping):
        for name, value in config.items():
            refuse_secrets(value, f"{key}.{name}" if key else str(name))
    elif isinstance(config, str):
        _refuse(config, key)
    elif isinstance(config, Sequence):
        for index, value in enumerate(config):
            refuse_secrets(value, f"{key}.{index}")


def _refuse(value: str, key: str) -> None:
    if value and _SECRET_KEY.fullmatch(key.rpartition(".")[2]):
        raise BenchError(
            f"{key}: looks like a secret, and a run's config is written to files; drop it, and "
            "give it by the environment (WANDB_API_KEY) or `wandb login`"
        )
    if _URL_WITH_SECRET.search(value):
        raise BenchError(
            f"{key}: this URL carries a user or password, and a run's config is written to "
            "files; drop them, and set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
        )
