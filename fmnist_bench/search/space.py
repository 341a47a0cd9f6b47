"""The search space: conf/search/NAME.yaml, composed and checked."""

import re
import warnings
from collections.abc import Sequence
from typing import Any

import hydra
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from optuna.trial import BaseTrial, FixedTrial
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from yaml import YAMLError  # type: ignore[import-untyped]  # stubs for one name

from fmnist_bench.config.build import build
from fmnist_bench.config.compose import Composer
from fmnist_bench.config.kinds import MACHINE, MACHINE_FLAGS, REPORT, REPORT_FLAGS
from fmnist_bench.errors import BenchError
from fmnist_bench.paths import conf_dir
from fmnist_bench.records.identity import canonical_json

FIRST_SEED = 1000
"""Tuning trains with seeds 1000, 1001, ...; the runs of a row have seeds 0, 1, ..."""

_ELSEWHERE = (*MACHINE, *REPORT, "hydra", "protocol", "seed")
_ELSEWHERE_FLAGS = ("trainer", *(f"trainer.{flag}" for flag in (*MACHINE_FLAGS, *REPORT_FLAGS)))
_DATASET = ("data", "data.class_names", "data.folder", "data.name", "data.verify")


def says_recipe(key: str) -> bool:
    """Whether a recipe has a say in `key`: it is silent on dataset, protocol, machine, report."""
    head = re.split("[./]", key)[0]
    return head not in _ELSEWHERE and key not in (*_ELSEWHERE_FLAGS, *_DATASET)


class Space(BaseModel):
    """What conf/search/_base.yaml explains."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    overrides: list[str]
    parameters: dict[str, Any] = Field(min_length=1)
    first: list[dict[str, Any]]
    trials: int = Field(ge=1)
    seeds: int = Field(ge=1)
    sampler: dict[str, Any]
    pruner: dict[str, Any]

    def suggest(self, trial: BaseTrial) -> dict[str, Any]:
        """Return the values of `trial`, drawn unless it has them already."""
        return {key: _suggest(trial, key, tried) for key, tried in self.parameters.items()}

    @property
    def tuning_seeds(self) -> range:
        return range(FIRST_SEED, FIRST_SEED + self.seeds)


def load_space(name: str, overrides: Sequence[str]) -> Space:
    """Compose conf/search/`name`.yaml with `overrides`, which begin with `search.`.

    Raises:
        BenchError: there is no such file, or a key of it is wrong.
    """
    folder = conf_dir() / "search"
    path = folder / f"{name}.yaml"
    known = sorted(file.stem for file in folder.glob("[!_]*.yaml"))
    if name not in known:
        choices = ", ".join(known)
        raise BenchError(f"search: no conf/search/{name}.yaml; choose from {choices}")
    try:
        with Composer.ready():
            composed = hydra.compose(f"search/{name}", overrides=list(overrides)).search
            content = OmegaConf.to_container(composed, resolve=True, throw_on_missing=True)
    except (OSError, ValueError, YAMLError, HydraException, OmegaConfBaseException) as error:
        raise BenchError(f"{path}: {' '.join(str(error).split())}") from None
    return parse_space(content, str(path))


def parse_space(content: Any, origin: str) -> Space:
    """Check `content`; `origin` is what messages call it.

    Raises:
        BenchError: a key is missing, unknown or wrong.
    """
    try:
        space = Space.model_validate(content)
        canonical_json(space.model_dump())
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        unknown = "unknown key; correct or drop it"
        told = unknown if first["type"] == "extra_forbidden" else first["msg"]
        raise BenchError(f"{origin}: {key}: {told}") from None
    except (ValueError, TypeError) as error:
        raise BenchError(f"{origin}: {error}; give finite numbers and words") from None
    for key, tried in space.parameters.items():
        _check_key(key, f"{origin}: parameters")
        if not tried or not isinstance(tried, list | dict):
            raise BenchError(f"{origin}: parameters.{key}: expected choices, or low and high")
        example = tried[0] if isinstance(tried, list) else tried.get("low")
        _try_out(key, tried, example, f"{origin}: parameters")
    for recipe in space.first:
        if set(recipe) != set(space.parameters):
            raise BenchError(f"{origin}: first: give each recipe exactly the keys of parameters")
        for key, value in recipe.items():
            _try_out(key, space.parameters[key], value, f"{origin}: first")
    build(space.sampler, "search.sampler")
    build(space.pruner, "search.pruner")
    return space


def _suggest(trial: BaseTrial, key: str, tried: Any) -> Any:
    if isinstance(tried, list):
        return trial.suggest_categorical(key, tried)
    real = any(isinstance(number, float) for number in tried.values())
    return (trial.suggest_float if real else trial.suggest_int)(key, **tried)


def _check_key(key: str, origin: str) -> None:
    if not re.fullmatch(r"\w+([./]\w+)*", key):
        raise BenchError(f"{origin}: {key!r} is no config key")
    if not says_recipe(key):
        raise BenchError(f"{origin}: {key} is the same in all trials; drop it")


def _try_out(key: str, tried: Any, value: Any, origin: str) -> None:
    """Have Optuna look at a parameter and a `value` of it; its warnings are errors here."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            _suggest(FixedTrial({key: value}), key, tried)
    except (ValueError, TypeError, UserWarning) as error:
        told = " ".join(str(error).split()).rpartition("() ")[2]
        raise BenchError(f"{origin}.{key}: {told}") from None
