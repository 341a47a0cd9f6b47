"""From a command line to the configs of its jobs and to what runs them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from hydra.types import RunMode
from omegaconf import DictConfig

from fmnist_bench.config.compose import Composer, compose_command_line, is_override
from fmnist_bench.config.many import Many, Word
from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.dry_run import differences
from fmnist_bench.jobs.expand import expand, swept_keys, with_sweeps
from fmnist_bench.jobs.launchers.choose import launcher_of
from fmnist_bench.jobs.launchers.launcher import Launcher
from fmnist_bench.jobs.listed import run_of
from fmnist_bench.jobs.origin import with_best, with_origin
from fmnist_bench.records.identity import sha256_of
from fmnist_bench.records.spec import Asked, Spec

_MULTIRUN = ("-m", "--multirun")
_LAUNCHER = ("hydra/launcher", "hydra.launcher")
_MANY = 500
_SHOWN = (["--cfg", "job"], ["-c", "job"], ["--cfg=job"])
_LINE_SECONDS = 5.0
_OUTPUTS = ("hydra.sweep.", "hydra.run.", "hydra.output_subdir", "hydra.job.chdir")


@dataclass(frozen=True)
class Plan:
    """The frozen config of every job and how it was asked for, and the launcher for them.

    `chosen` says that somebody asked for this launcher.
    """

    configs: list[dict[str, Any]]
    asked: list[Asked]
    launcher: Launcher
    chosen: bool = True


def plan(arguments: Sequence[str], say: Callable[[str], None] = lambda line: None) -> Plan | None:
    """Expand `arguments`, overrides and perhaps -m, as Hydra's command line does.

    What only Hydra itself can do with them (its flags, another sweeper) goes to Hydra.
    None if it answered them: --help, --cfg. `say` is told how far a long plan is.

    Raises:
        BenchError: an argument is wrong, or the sweep is empty.
    """
    overrides = [each for each in arguments if each not in _MULTIRUN]
    multirun = len(overrides) < len(arguments)
    flagged = any(each.startswith("-") for each in overrides)
    _refuse(overrides)
    given, launchers = split_launcher(overrides)
    jobs_own, name = with_sweeps(given)
    jobs_own, best = with_best(with_origin(jobs_own))
    if best is not None:
        say(best)
        multirun = True
    if not multirun and (name or any(each.startswith("zip=") for each in jobs_own)):
        raise BenchError(f"{'sweep' if name else 'zip'}: gives several jobs; add -m")
    with Composer.ready() as composer:
        shown = multirun and [each for each in jobs_own if not is_override(each)] in _SHOWN
        if shown:
            jobs_own, flagged = [each for each in jobs_own if is_override(each)], False
        if not flagged and not any(_key(each).startswith("hydra") for each in jobs_own):
            parsed = composer.parse(jobs_own)
            jobs = (
                expand(composer, jobs_own)
                if multirun
                else [[Word.of(composer, each) for each in parsed]]
            )
            if len(jobs) >= _MANY:
                say(f"{len(jobs)} jobs to plan")
            settings = composer.hydra_settings([*(word.text for word in jobs[0]), *launchers])
            if _is_plain(settings, multirun):
                configs = _composed(Many(composer), jobs, say)
                asked = _asked(composer, jobs, swept_keys(parsed) if multirun else None, name)
                if shown:
                    pairs = zip(configs, asked, strict=True)
                    say(differences([run_of(Spec(config, None, how)) for config, how in pairs]))
                    return None
                launcher = launcher_of(settings.launcher, launchers)
                return Plan(configs, asked, launcher, chosen=bool(launchers) or not multirun)
            multirun = multirun or settings.mode == RunMode.MULTIRUN
        launcher = launcher_of(composer.hydra_settings(launchers).launcher, launchers)
    # Hydra starts a launcher with -m alone; without it, --cfg shows the launcher.
    # Its parser wants all overrides in one place, after the flags.
    basic = ["--multirun", *sorted(jobs_own, key=is_override), "hydra/launcher=basic"]
    configs = compose_command_line(basic if multirun else sorted(arguments, key=is_override))
    return Plan(configs, [Asked()] * len(configs), launcher) if configs else None


def split_launcher(overrides: Sequence[str]) -> tuple[list[str], list[str]]:
    """Part `overrides` into those of jobs and those of the launcher."""
    launcher = [each for each in overrides if "=" in each and _key(each).startswith(_LAUNCHER)]
    return [each for each in overrides if each not in launcher], launcher


def _refuse(overrides: Iterable[str]) -> None:
    """Refuse what this suite does in another way."""
    for each in filter(is_override, overrides):
        key = _key(each)
        if key == "hydra/sweeper" and each.split("=", 1)[1] != "basic":
            raise BenchError(
                f"{each}: sweeps are expanded here, with -m; to search there is "
                "fmnist-bench tune search=NAME"
            )
        if key.startswith(_OUTPUTS):
            raise BenchError(
                f"{each}: a run's folder is named by its recipe; choose where all runs lie with "
                "paths.outputs=FOLDER"
            )


def _composed(
    many: Many, jobs: Sequence[Sequence[Word]], say: Callable[[str], None]
) -> list[dict[str, Any]]:
    configs, spoken = [], monotonic()
    for job in jobs:
        configs.append(many.config(job))
        if len(jobs) >= _MANY and monotonic() - spoken > _LINE_SECONDS:
            say(f"planned {len(configs)} of {len(jobs)}")
            spoken = monotonic()
    return configs


def _asked(
    composer: Composer,
    jobs: Sequence[Sequence[Word]],
    swept: Sequence[str] | None,
    name: str | None,
) -> list[Asked]:
    """Return how each of `jobs` is asked for; of a sweep with what differs in it."""
    chosen: dict[tuple[str, ...], dict[str, str]] = {}
    texts = [tuple(word.text for word in job) for job in jobs]
    sweep = None
    if swept is not None:
        sweep = name or f"{'+'.join(swept) or 'sweep'}-{sha256_of(texts)[:6]}"
    asked = []
    for job, overrides in zip(jobs, texts, strict=True):
        files = tuple(word.text for word in job if not word.plain)
        if files not in chosen:
            chosen[files] = composer.choices(composer.parse(files))
        said = {word.key: _said(word) for word in job if word.key in (swept or ())}
        asked.append(Asked(overrides, chosen[files], sweep, said if swept is not None else None))
    return asked


def _said(word: Word) -> Any:
    return word.value if word.plain else word.text.partition("=")[2]


def _key(override: str) -> str:
    return override.lstrip("+~").split("=", 1)[0]


def _is_plain(settings: DictConfig, multirun: bool) -> bool:
    """Whether the sweep is what the command line says and nothing that a config adds to it."""
    basic = settings.sweeper.get("_target_", "").endswith(".BasicSweeper")
    asked = settings.mode == RunMode.MULTIRUN and not multirun
    return basic and settings.sweeper.params is None and not asked
