"""Hydra's two ways to a config: its command line, and the compose API."""

import contextlib
import copy
import io
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache
from typing import Any

import hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, OverrideType
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from fmnist_bench.config import machine, schema
from fmnist_bench.config.freeze import freeze, unread
from fmnist_bench.config.refusal import in_one_line
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
    _register()
    composed: list[DictConfig] = []

    application = hydra.main(
        version_base=VERSION_BASE, config_path=str(conf_dir()), config_name="config"
    )(composed.append)
    before, sys.argv = sys.argv, ["fmnist-bench train", *arguments]
    complaints = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaints):
            application()
    except SystemExit as exit_:
        if exit_.code:
            overrides = [each for each in arguments if is_override(each)]
            with Composer.ready() as composer:
                told = in_one_line(complaints.getvalue(), lambda: composer.known_keys(overrides))
            raise BenchError(told) from None
    except ValueError as error:
        if not str(error).startswith("Only one of --"):
            raise
        raise BenchError(str(error)) from None
    finally:
        sys.argv = before
    for config in composed:
        _refuse_unread(unread(config), arguments)
    return [freeze(config) for config in composed]


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
        self._loader = GlobalHydra.instance().config_loader()
        self._parser = OverridesParser.create(self._loader)
        self._merge = cache(_merge)
        self._options = cache(self._loader.get_group_options)

    @classmethod
    @contextlib.contextmanager
    def ready(cls) -> Iterator["Composer"]:
        """Yield a composer over conf/, and leave no global state of Hydra behind."""
        _register()
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
        return self.composed(overrides)[1]

    def composed(self, overrides: Sequence[str]) -> tuple[DictConfig, dict[str, Any]]:
        """Return the config that `overrides` give, with its interpolations, and frozen.

        Raises as `config`.
        """
        parsed = self.parse(overrides)
        files = self._files(parsed)
        with _refusals(lambda: self.known_keys(files)):
            config = copy.deepcopy(self._merge(files))
            try:
                for each in parsed:
                    if self.is_value(each):
                        OmegaConf.update(config, each.key_or_group, each.value(), merge=True)
            except OmegaConfBaseException:
                hydra.compose("config", overrides=list(overrides))  # to say it in Hydra's words
                raise
            _refuse_unread(unread(config), overrides)
            return config, freeze(config)

    def merged(self, files: Sequence[str]) -> DictConfig:
        """Return what the overrides `files`, which choose files, give; not to be changed.

        Raises:
            BenchError: one is wrong, named in the message.
        """
        with _refusals(lambda: self.known_keys(files)):
            return self._merge(tuple(files))

    def choices(self, overrides: Sequence[Override]) -> dict[str, str]:
        """Return what `overrides` choose of each group of conf/, as Hydra says it."""
        chosen = self.merged(self._files(overrides)).hydra.runtime.choices
        return {
            str(group): str(name)
            for group, name in chosen.items()
            if name is not None and not str(group).startswith("hydra/")
        }

    def known_keys(self, overrides: Sequence[str]) -> list[str]:
        """Return the groups of conf/ and the dotted keys of what those in `overrides` choose.

        Empty if there is a mistake in that.
        """
        try:
            parsed = self.parse(overrides)
            plain = [each for each in parsed if not (each.is_sweep_override() or each.is_delete())]
            with _refusals():
                keys = _dotted(OmegaConf.to_container(self._merge(self._files(plain))))
        except BenchError:
            return []
        return [*self._loader.list_groups(""), *keys]

    def hydra_settings(self, overrides: Sequence[str]) -> DictConfig:
        """Return the `hydra` node that `overrides` give: launcher, sweeper, mode.

        Raises:
            BenchError: an override is wrong, named in the message.
        """
        settings: DictConfig = self.merged(overrides).hydra
        return settings

    def _files(self, overrides: Sequence[Override]) -> tuple[str, ...]:
        return tuple(str(each.input_line) for each in overrides if not self.is_value(each))

    def is_value(self, override: Override) -> bool:
        """Whether `override` is plain key=value, which Hydra applies after merging files."""
        return (
            override.type is OverrideType.CHANGE
            and override.package is None
            and not override.is_sweep_override()
            and not self.is_group(override.key_or_group)
        )

    def is_group(self, key: str) -> bool:
        """Whether `key` names a folder of conf/, or of Hydra's own."""
        return bool(self._options(key))


def _merge(overrides: tuple[str, ...]) -> DictConfig:
    return hydra.compose("config", overrides=list(overrides), return_hydra_config=True)


def _register() -> None:
    schema.register()
    machine.register()


def _refuse_unread(unread: Collection[str], arguments: Sequence[str]) -> None:
    """Refuse a value for what nothing takes, as of an optimizer that a model does not use."""
    for argument in filter(is_override, arguments):
        key = argument.lstrip("+~").split("=", 1)[0]
        name = key.split(".")[0].split("@")[0]
        if name in unread:
            raise BenchError(
                f"{key}: nothing in this config reads {name}, so it would change nothing; drop it"
            )


def is_override(argument: str) -> bool:
    """Whether `argument` of the command line is an override, and not a flag or a flag's value."""
    return argument.startswith("~") or ("=" in argument and not argument.startswith("-"))


@contextlib.contextmanager
def _refusals(known_keys: Callable[[], Collection[str]] = tuple) -> Iterator[None]:
    try:
        yield
    except (HydraException, OmegaConfBaseException) as error:
        text, cause = str(error), str(error.__cause__ or "")
        told = text if cause in text else f"{text}: {cause}"
        raise BenchError(in_one_line(told, known_keys)) from None


def _dotted(node: Any, above: str = "") -> Iterator[str]:
    """Yield the keys of all that `node` holds, Hydra's own left out, as one writes them."""
    for name, child in node.items() if isinstance(node, dict) else ():
        if f"{above}{name}" != "hydra":
            yield f"{above}{name}"
            yield from _dotted(child, f"{above}{name}.")
