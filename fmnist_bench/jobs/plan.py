"""From a command line to the configs of its jobs and to what runs them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from hydra.core.override_parser.types import Override
from hydra.types import RunMode
from omegaconf import DictConfig

from fmnist_bench.config.compose import Composer, compose_command_line, is_override
from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.launchers.choose import launcher_of
from fmnist_bench.jobs.launchers.launcher import Launcher

_MULTIRUN = ("-m", "--multirun")


@dataclass(frozen=True)
class Plan:
    """The frozen config of every job, and the launcher for them."""

    configs: list[dict[str, Any]]
    launcher: Launcher


def plan(arguments: Sequence[str]) -> Plan | None:
    """Expand `arguments`, overrides and perhaps -m, as Hydra's command line does.

    What only Hydra itself can do with them (its flags, another sweeper) goes to Hydra.
    None if it answered them: --help, --cfg.

    Raises:
        BenchError: an argument is wrong, or the sweep is empty.
    """
    overrides = [each for each in arguments if each not in _MULTIRUN]
    multirun = len(overrides) < len(arguments)
    flagged = any(each.startswith("-") for each in overrides)
    for each in overrides:
        if _key(each) == "hydra/sweeper" and each.split("=", 1)[1] != "basic":
            raise BenchError(
                f"{each}: sweeps are expanded here, with -m; to search there is "
                "fmnist-bench tune search=NAME"
            )
    jobs_own, launchers = split_launcher(overrides)
    with Composer.ready() as composer:
        if not flagged and not any(_key(each).startswith("hydra") for each in jobs_own):
            jobs = expand(composer, jobs_own) if multirun else [jobs_own]
            settings = composer.hydra_settings([*jobs[0], *launchers])
            if _is_plain(settings, multirun):
                configs = [composer.config(job) for job in jobs]
                return Plan(configs, launcher_of(settings.launcher, launchers))
            multirun = multirun or settings.mode == RunMode.MULTIRUN
        launcher = launcher_of(composer.hydra_settings(launchers).launcher, launchers)
    # Hydra starts a launcher with -m alone; without it, --cfg shows the launcher.
    # Its parser wants all overrides in one place.
    own = [each for each in jobs_own if is_override(each)]
    flags = [each for each in jobs_own if not is_override(each)]
    basic = ["--multirun", *flags, *own, "hydra/launcher=basic"]
    configs = compose_command_line(basic if multirun else arguments)
    return Plan(configs, launcher) if configs else None


def expand(composer: Composer, overrides: Sequence[str]) -> list[list[str]]:
    """Return the overrides of every job of the sweep over `overrides`.

    Raises:
        BenchError: one of them is wrong, or sweeps over nothing.
    """
    parsed = composer.parse(overrides)
    for each in parsed:
        if each.is_discrete_sweep() and not any(True for _ in each.sweep_string_iterator()):
            raise BenchError(f"{each.input_line}: sweeps over nothing; give it a value")
        if each.is_sweep_override() and not each.is_discrete_sweep():
            raise BenchError(f"{each.input_line}: not a list of values, which a sweep needs")
    choices = [
        list(each.sweep_string_iterator()) if each.is_sweep_override() else [""] for each in parsed
    ]
    return [
        [_written(each, value) for each, value in zip(parsed, job, strict=True)]
        for job in product(*choices)
    ]


def _written(override: Override, value: str) -> str:
    line = str(override.input_line)
    return f"{override.get_key_element()}={value}" if override.is_sweep_override() else line


def split_launcher(overrides: Sequence[str]) -> tuple[list[str], list[str]]:
    """Part `overrides` into those of jobs and those of the launcher."""
    launcher = [each for each in overrides if "=" in each and _key(each).startswith(_LAUNCHER)]
    return [each for each in overrides if each not in launcher], launcher


_LAUNCHER = ("hydra/launcher", "hydra.launcher")


def _key(override: str) -> str:
    return override.lstrip("+~").split("=", 1)[0]


def _is_plain(settings: DictConfig, multirun: bool) -> bool:
    """Whether the sweep is what the command line says and nothing that a config adds to it."""
    basic = settings.sweeper.get("_target_", "").endswith(".BasicSweeper")
    asked = settings.mode == RunMode.MULTIRUN and not multirun
    return basic and settings.sweeper.params is None and not asked
