"""Hydra's two ways to a config: its command line, and the compose API."""

import contextlib
import io
import re
import sys
from collections.abc import Sequence
from typing import Any

import hydra
from hydra.errors import HydraException
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from fmnist_bench.config.freeze import freeze
from fmnist_bench.config.schema import register
from fmnist_bench.errors import BenchError
from fmnist_bench.paths import conf_dir

VERSION_BASE = "1.3"


def compose_command_line(arguments: Sequence[str]) -> list[dict[str, Any]]:
    """Hand `arguments` to Hydra's command line; return the frozen config of every job.

    With -m there is one for each combination. All are composed before any is used, so a
    change in conf/ during a sweep does not reach its later jobs. What Hydra answers itself
    (--cfg, --help, completion) is printed, and the list is empty.

    Raises:
        BenchError: Hydra refused the arguments.
    """
    register()
    configs: list[dict[str, Any]] = []

    def collect(config: DictConfig) -> None:
        configs.append(freeze(config))

    application = hydra.main(
        version_base=VERSION_BASE, config_path=str(conf_dir()), config_name="config"
    )(collect)
    before, sys.argv = sys.argv, ["fmnist-bench train", *arguments]
    complaints = io.StringIO()
    try:
        with contextlib.redirect_stderr(_Tee(complaints)):
            application()
    except SystemExit as exit_:
        if exit_.code:
            raise BenchError(_one_line(complaints.getvalue())) from None
    finally:
        sys.argv = before
    return configs


def compose(overrides: Sequence[str]) -> dict[str, Any]:
    """Return the frozen config that `overrides` give.

    Raises:
        BenchError: an override is wrong, named in the message.
    """
    register()
    with hydra.initialize_config_dir(version_base=VERSION_BASE, config_dir=str(conf_dir())):
        try:
            return freeze(hydra.compose("config", overrides=list(overrides)))
        except (HydraException, OmegaConfBaseException) as error:
            raise BenchError(f"{' '.join(overrides)}: {_one_line(str(error))}") from None


def _one_line(text: str) -> str:
    """Fold Hydra's several lines into one, without its advice on debugging Hydra."""
    kept = [
        line.strip()
        for line in text.splitlines()
        if line.strip()
        and not re.match(r"\s*(Set the environment variable HYDRA_FULL_ERROR)", line)
    ]
    return " ".join(kept) or "Hydra refused the arguments"


class _Tee(io.TextIOBase):
    """Keeps what Hydra says on stderr until it is known whether that is the end."""

    def __init__(self, kept: io.StringIO) -> None:
        self._kept = kept

    def write(self, text: str) -> int:
        return self._kept.write(text)
