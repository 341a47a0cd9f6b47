"""The search space: conf/search/NAME.yaml, checked and typed."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StrictFloat,
    StrictInt,
    Tag,
    ValidationError,
    model_validator,
)
from yaml import YAMLError  # type: ignore[import-untyped]  # stubs for one name

from fmnist_bench.errors import BenchError
from fmnist_bench.paths import conf_dir

FIRST_SEED = 1000
"""Tuning trains with seeds 1000, 1001, ...; the runs of a row have seeds 0, 1, ..."""

# What a trial may not choose: the data, how it is judged, where it runs and what it is called.
_FIXED = ("seed", "data", "protocol", "paths", "row", "logger", "trainer", "speed", "hydra")

_DIGITS = 6

Value = bool | int | float | str | None


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def rounded(value: float) -> float:
    """Return `value` with the few digits that a person copies; no choice or end needs more."""
    return float(f"{value:.{_DIGITS}g}")


class Range(_Part):
    """Numbers from `low` to `high`, both included.

    Whole numbers if both ends (and the step) are written as such: `{low: 1, high: 4}` draws
    1, 2, 3 or 4, and `{low: 1.0, high: 4.0}` any real number between.
    """

    low: StrictInt | StrictFloat
    high: StrictInt | StrictFloat
    log: bool = False
    step: StrictInt | StrictFloat | None = None

    @model_validator(mode="after")
    def _check(self) -> "Range":
        if rounded(self.low) != self.low or rounded(self.high) != self.high:
            raise ValueError(f"low and high: expected at most {_DIGITS} digits")
        if self.low >= self.high:
            raise ValueError(f"low {self.low} is not below high {self.high}")
        if self.log and self.low <= 0:
            raise ValueError(f"log needs low above 0, not {self.low}")
        if self.log and self.step is not None:
            raise ValueError("log and step exclude each other; drop one")
        if self.step is not None:
            count = (self.high - self.low) / self.step if self.step > 0 else 0
            if count < 1 or abs(count - round(count)) > 1e-9:
                raise ValueError(f"step {self.step} does not divide high - low")
        return self

    @property
    def distribution(self) -> BaseDistribution:
        if all(isinstance(number, int | None) for number in (self.low, self.high, self.step)):
            return IntDistribution(
                int(self.low), int(self.high), log=self.log, step=int(self.step or 1)
            )
        return FloatDistribution(self.low, self.high, log=self.log, step=self.step)


def _check_choices(values: list[Any]) -> list[Value]:
    if len(values) < 2:
        raise ValueError("expected two choices or more; a single one belongs into overrides")
    if len({repr(value) for value in values}) != len(values):
        raise ValueError("a choice is listed twice; drop one")
    for value in values:
        if not isinstance(value, Value):
            raise ValueError(f"choice {value!r}: expected a word, a number, true, false or null")
        if isinstance(value, str) and not re.fullmatch(r"[\w.\-/]+", value):
            raise ValueError(f"choice {value!r}: expected letters, digits and . - _ /")
        if isinstance(value, float) and value != rounded(value):
            raise ValueError(f"choice {value!r}: expected a number of at most {_DIGITS} digits")
    return values


def _kind(tried: Any) -> str:
    return "choices" if isinstance(tried, list) else "range"


Parameter = Annotated[
    Annotated[Range, Tag("range")]
    | Annotated[list[Any], AfterValidator(_check_choices), Tag("choices")],
    Discriminator(_kind),
]


class Pruner(_Part):
    """Which trials end early, judged on the epochs of their first seed.

    Every trial has `warmup_epochs` before it is judged. median: from then on, it ends when its
    best accuracy so far is below the median of the others at the same epoch, once
    `startup_trials` have finished (Golovin et al. 2017, Google Vizier). asha: it is judged then
    and each time that its epochs have grown by `reduction_factor`, and ends unless it is among
    the best 1/`reduction_factor` of those that came so far (Li et al. 2020, arXiv:1810.05934).
    """

    name: Literal["median", "asha", "none"] = "median"
    startup_trials: int = Field(default=5, ge=1)
    warmup_epochs: int = Field(default=1, ge=1)
    reduction_factor: int = Field(default=3, ge=2)


class Space(_Part):
    """`parameters` maps config keys to what is tried; `overrides` is the recipe they change.

    `seeds` is how many tuning seeds each trial has, `first` lists recipes to try before any
    is drawn.
    """

    parameters: dict[str, Parameter] = Field(min_length=1)
    overrides: list[str] = []
    trials: int = Field(ge=1)
    seeds: int = Field(default=1, ge=1)
    sampler: Literal["tpe", "random"] = "tpe"
    sampler_seed: int = Field(default=0, ge=0)
    pruner: Pruner = Pruner()
    first: list[dict[str, Any]] = []

    @model_validator(mode="after")
    def _check(self) -> "Space":
        for key in self.parameters:
            if not re.fullmatch(r"\w+([./]\w+)*", key):
                raise ValueError(f"parameters: {key!r} is no config key")
            if re.split("[./]", key)[0] in _FIXED:
                raise ValueError(f"parameters: {key} is the same in all trials; drop it")
        for recipe in self.first:
            if set(recipe) != set(self.parameters):
                raise ValueError("first: give each recipe exactly the keys of parameters")
            for key, value in recipe.items():
                if not _contains(self.distributions[key], value):
                    raise ValueError(f"first: {key}={value} is outside of parameters")
        return self

    @property
    def distributions(self) -> dict[str, BaseDistribution]:
        return {
            key: CategoricalDistribution(tried) if isinstance(tried, list) else tried.distribution
            for key, tried in self.parameters.items()
        }

    @property
    def tuning_seeds(self) -> range:
        return range(FIRST_SEED, FIRST_SEED + self.seeds)


_MESSAGES = {
    "extra_forbidden": "unknown key; correct or drop it",
    "missing": "missing; add it",
    "model_type": "expected keys with values, or a list of choices for a parameter",
    "too_short": "empty; list what to search",
}
"""Kind of Pydantic error -> what to say in place of its own words."""


def load_space(name: str) -> Space:
    """Read conf/search/`name`.yaml.

    Raises:
        BenchError: there is no such file, or a key of it is wrong.
    """
    folder = conf_dir() / "search"
    path = folder / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.yaml")))
        raise BenchError(f"search: no conf/search/{name}.yaml; choose from {known}")
    return parse_space(_read(path), str(path))


def parse_space(content: Any, origin: str) -> Space:
    """Check `content`; `origin` is what messages call it.

    Raises:
        BenchError: a key is missing, unknown or wrong.
    """
    try:
        return Space.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        # Pydantic adds which branch of a union it tried; the file's author knows none.
        branches = ("range", "choices", "int", "float")
        key = ".".join(str(part) for part in first["loc"] if part not in branches)
        message = _MESSAGES.get(first["type"], first["msg"].removeprefix("Value error, "))
        raise BenchError(": ".join(filter(None, (origin, key, message)))) from None


def _read(path: Path) -> Any:
    try:
        return OmegaConf.to_container(OmegaConf.load(path), resolve=True)
    except (OSError, UnicodeDecodeError, YAMLError, OmegaConfBaseException) as error:
        raise BenchError(f"{path}: not readable as YAML ({' '.join(str(error).split())})") from None


def _contains(distribution: BaseDistribution, value: Value) -> bool:
    try:
        return bool(distribution._contains(distribution.to_internal_repr(value)))
    except (ValueError, TypeError):
        return False
