"""Hydra's two ways to a config: its command line, and the compose API."""

import contextlib
import copy
import io
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, OverrideType
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf, open_dict
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
    with Composer.ready() as composer:
        return composer.config(overrides)


class Composer:
    """Composes many configs in one go; make it with `ready`.

    Hydra takes 0.1 s for a config, nearly all of it for finding and merging files. Jobs
    that choose the same files and differ in values alone therefore share that work.
    """

    def __init__(self) -> None:
        self._parser = OverridesParser.create(GlobalHydra.instance().config_loader())
        self._merged: dict[tuple[str, ...], DictConfig] = {}
        self._groups: dict[str, bool] = {}

    @classmethod
    @contextlib.contextmanager
    def ready(cls) -> Iterator["Composer"]:
        """Yield a composer over conf/, and leave no global state of Hydra behind."""
        register()
        with hydra.initialize_config_dir(version_base=VERSION_BASE, config_dir=str(conf_dir())):
            yield cls()

    def parse(self, overrides: Sequence[str]) -> list[Override]:
        """Return `overrides` as Hydra reads them.

        Raises:
            BenchError: one is not in Hydra's grammar.
        """
        with _refusals():
            return self._parser.parse_overrides(list(overrides))

    def config(self, overrides: Sequence[str]) -> dict[str, Any]:
        """Return the frozen config that `overrides` give.

        Raises:
            BenchError: an override is wrong, named in the message.
        """
        parsed = self.parse(overrides)
        files = tuple(str(each.input_line) for each in parsed if not self._is_value(each))
        with _refusals():
            config = copy.deepcopy(self._merge(files))
            try:
                for each in parsed:
                    if self._is_value(each):
                        OmegaConf.update(config, each.key_or_group, each.value(), merge=True)
            except OmegaConfBaseException:
                hydra.compose("config", overrides=list(overrides))  # to say it in Hydra's words
                raise
            with open_dict(config):
                del config["hydra"]
            return freeze(config)

    def hydra_settings(self, overrides: Sequence[str]) -> DictConfig:
        """Return the `hydra` node that `overrides` give: launcher, sweeper, mode.

        Raises:
            BenchError: an override is wrong, named in the message.
        """
        with _refusals():
            settings: DictConfig = self._merge(tuple(overrides)).hydra
            return settings

    def _merge(self, overrides: tuple[str, ...]) -> DictConfig:
        if overrides not in self._merged:
            self._merged[overrides] = hydra.compose(
                "config", overrides=list(overrides), return_hydra_config=True
            )
        return self._merged[overrides]

    def _is_value(self, override: Override) -> bool:
        """Whether `override` is plain key=value, which Hydra applies after merging files."""
        key = override.key_or_group
        if key not in self._groups:
            loader = GlobalHydra.instance().config_loader()
            self._groups[key] = bool(loader.get_group_options(key))
        return (
            override.type is OverrideType.CHANGE
            and override.package is None
            and not override.is_sweep_override()
            and not self._groups[key]
        )


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except (HydraException, OmegaConfBaseException) as error:
        text, cause = str(error), str(error.__cause__ or "")
        raise BenchError(_one_line(text if cause in text else f"{text}: {cause}")) from None


def _one_line(text: str) -> str:
    """Fold what Hydra says in several lines into one.

    Left out: its usage, where it searched, and its advice on debugging Hydra.
    """
    text = text.rpartition("fmnist-bench train: error: ")[2]
    text = text.partition("Config search path:")[0]
    lines = [line.strip() for line in text.splitlines()]
    kept = [line for line in lines if line and "HYDRA_FULL_ERROR" not in line]
    return " ".join(kept) or "Hydra refused the arguments"


class _Tee(io.TextIOBase):
    """Keeps what Hydra says on stderr until it is known whether that is the end."""

    def __init__(self, kept: io.StringIO) -> None:
        self._kept = kept

    def write(self, text: str) -> int:
        return self._kept.write(text)
