"""From a search space and the values of one trial to the specs of its runs."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException

from fmnist_bench.config.compose import compose
from fmnist_bench.errors import BenchError
from fmnist_bench.paths import conf_dir
from fmnist_bench.records.identity import NOT_IDENTITY, sha256_of
from fmnist_bench.records.spec import Spec
from fmnist_bench.search.space import FIRST_SEED, Range, Space, rounded

_NO_RECIPE = (
    *NOT_IDENTITY,
    "data.name",
    "data.verify",
    "trainer",
    "protocol",
    "seed",
)


@dataclass(frozen=True)
class Tuning:
    """What a study tunes: a space, and the overrides that all its trials share.

    `folder` is where its runs go; the data was verified before, so that no trial has to.
    """

    name: str
    space: Space
    overrides: tuple[str, ...]
    folder: Path
    data_folder: Path
    data_digest: str

    def spec(self, params: Mapping[str, Any], seed: int) -> Spec:
        """Return the run with `params` and a tuning seed.

        Raises:
            BenchError: the overrides do not go together.
        """
        config = compose(tuning_overrides([*self.overrides, *as_overrides(params)], seed))
        config["paths"]["outputs"] = str(self.folder.absolute())
        return Spec(config, self.data_folder, self.data_digest)

    @property
    def space_hash(self) -> str:
        """Hash (hex) of the search space; how many trials there are does not change it."""
        return sha256_of(self.space.model_dump(mode="json", exclude={"trials"}))

    def base_hash(self) -> str:
        """Return the hash (hex) of the configs that the space and the overrides lead to.

        Every choice and both ends of every range are composed once, so that a wrong one is
        found before anything is trained, and a changed file in conf/ changes the hash.

        Raises:
            BenchError: a key or a value is refused.
        """
        runs = (self.spec(probe, FIRST_SEED) for probe in _probes(self.space))
        return sha256_of([run.identity for run in runs])


def tuning_overrides(overrides: Sequence[str], seed: int) -> list[str]:
    """Return `overrides` for a run that never reads the test set."""
    return [*overrides, "protocol=tune", f"seed={seed}"]


def as_overrides(params: Mapping[str, Any]) -> list[str]:
    """Return one Hydra override for each of a trial's values."""
    return [f"{key}={_text(value)}" for key, value in params.items()]


def says_recipe(override: Override) -> bool:
    """Whether `override` belongs to a recipe, which is silent on data, machine and protocol."""
    key = override.key_or_group
    return not any(key == other or key.startswith(f"{other}.") for other in _NO_RECIPE)


def parse_overrides(overrides: Sequence[str]) -> list[Override]:
    """Parse Hydra overrides.

    Raises:
        BenchError: one is malformed.
    """
    try:
        parsed: list[Override] = OverridesParser.create().parse_overrides(list(overrides))
    except HydraException as error:
        raise BenchError(" ".join(str(error).split())) from None
    return parsed


def refuse_contradictions(space: Space, overrides: Sequence[str]) -> None:
    """Check the user's `overrides` against what tuning decides itself.

    Raises:
        BenchError: one of them is the space's, or is not the user's to choose.
    """
    for override in parse_overrides(overrides):
        key = override.key_or_group
        if key in space.parameters:
            raise BenchError(f"{key}: given as an override and searched; drop one of the two")
        if key in ("seed", "protocol", "protocol.test"):
            raise BenchError(
                f"{key}: tuning uses protocol=tune and seeds from {FIRST_SEED}; drop the override"
            )
        if override.is_sweep_override():
            raise BenchError(f"{key}: many values; list them in the search space")


def refuse_shared_seeds(config: Mapping[str, Any]) -> None:
    """Check that the row's own seeds end before the tuning seeds begin.

    Raises:
        BenchError: they do not.
    """
    if config["row"]["seeds"] > FIRST_SEED:
        raise BenchError(
            f"row.seeds={config['row']['seeds']}: seeds from {FIRST_SEED} are for tuning; "
            f"take at most {FIRST_SEED}"
        )


def conf_digest() -> str:
    """Return the SHA-256 (hex) over all files of conf/."""
    digest = hashlib.sha256()
    for path in sorted(conf_dir().rglob("*.yaml")):
        digest.update(f"{path.relative_to(conf_dir())}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def _probes(space: Space) -> Iterator[dict[str, Any]]:
    yield {}
    for key, tried in space.parameters.items():
        for value in (tried.low, tried.high) if isinstance(tried, Range) else tried:
            yield {key: value}


def _text(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        # Quoted, a choice that looks like a number or like null stays a word.
        return value if value.isidentifier() and value.lower() not in _WORDS else f"'{value}'"
    # Rounded alike for what is trained and what is printed.
    return repr(rounded(value) if isinstance(value, float) else value)


_WORDS = ("null", "true", "false", "nan", "inf")
