"""From the words of the command line to what a study tunes, and to the runs of a trial."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from hydra.core.override_parser.types import Override

from fmnist_bench.config.compose import Composer, compose
from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.prepare import prepare
from fmnist_bench.paths import conf_dir
from fmnist_bench.records.identity import sha256_of
from fmnist_bench.records.spec import Asked, Spec
from fmnist_bench.search.space import FIRST_SEED, Space, load_space, says_recipe

_COMPOSING = Lock()  # Hydra has one state for all threads


@dataclass(frozen=True)
class Tuning:
    """A search space, and the overrides that all its trials share."""

    name: str
    space: Space
    overrides: tuple[str, ...]
    data_digest: str | None

    def specs(self, params: Mapping[str, Any], folder: Path) -> list[Spec]:
        """Return the runs of the trial with `params`, one for each tuning seed, below `folder`.

        Raises:
            BenchError: the overrides do not go together.
        """
        return self._composed([(params, seed) for seed in self.space.tuning_seeds], folder)

    def probes(self, folder: Path) -> list[Spec]:
        """Return a run of every choice and of both ends of every range, below `folder`.

        Raises:
            BenchError: a key or a value is refused.
        """
        return self._composed([(params, FIRST_SEED) for params in _probes(self.space)], folder)

    def _composed(self, runs: Sequence[tuple[Mapping[str, Any], int]], folder: Path) -> list[Spec]:
        shared = [*self.overrides, *as_overrides({"paths.outputs": str(folder)})]
        with _COMPOSING, Composer.ready() as composer:
            return [
                self._spec(
                    composer,
                    tuning_overrides([*shared, *as_overrides(params)], seed),
                    {**params, "seed": seed},
                )
                for params, seed in runs
            ]

    def _spec(self, composer: Composer, words: Sequence[str], own: Mapping[str, Any]) -> Spec:
        choices = composer.choices(composer.parse(words))
        asked = Asked(tuple(words), choices, differing=own)
        return Spec(composer.config(words), self.data_digest, asked)

    def digest(self) -> str:
        """Return the hash (hex) of the space, and of the recipes that it leads to.

        A changed file in conf/ changes it, and so does changed data; how many trials there
        are does not.

        Raises:
            BenchError: a key or a value is refused.
        """
        runs = self.probes(Path())
        space = self.space.model_dump(exclude={"trials"})
        return sha256_of([space, [run.identity for run in runs]])


def read_words(words: Sequence[str], say: Callable[[str], None]) -> tuple[Tuning, Path]:
    """Return what `words` (`search=NAME`, overrides) tune, and where studies lie; get the data.

    Raises:
        BenchError: a word, the space or the data is wrong.
    """
    names = [word.removeprefix("search=") for word in words if word.startswith("search=")]
    if len(names) != 1 or not names[0]:
        raise BenchError("tune: name one search space of conf/search, as in search=cnn")
    space = load_space(names[0], [word for word in words if word.startswith("search.")])
    own = [word for word in words if not word.startswith(("search=", "search."))]
    overrides = _merged(space.overrides, own)
    _refuse_contradictions(space, overrides)
    base = compose(tuning_overrides(overrides, FIRST_SEED))
    if base["row"]["seeds"] > FIRST_SEED:
        raise BenchError(
            f"row.seeds={base['row']['seeds']}: seeds from {FIRST_SEED} are for tuning; "
            f"take at most {FIRST_SEED}"
        )
    tuning = Tuning(names[0], space, tuple(overrides), prepare(base, say).data_digest)
    return tuning, Path(base["paths"]["outputs"]) / "tune"


def tuning_overrides(overrides: Sequence[str], seed: int) -> list[str]:
    """Return `overrides` for a run that never reads the test set."""
    return [*overrides, "protocol=tune", f"seed={seed}", "trainer.enable_progress_bar=false"]


def as_overrides(params: Mapping[str, Any]) -> list[str]:
    """Return one Hydra override for each of `params`."""
    return [f"{key}={_text(value)}" for key, value in params.items()]


def recipe_overrides(overrides: Sequence[str]) -> list[Override]:
    """Parse those of `overrides` that belong to a recipe.

    Raises:
        BenchError: one is malformed.
    """
    return [each for each in _parsed(overrides) if says_recipe(each.key_or_group)]


def conf_digest() -> str:
    """Return the SHA-256 (hex) over all files of conf/."""
    digest = hashlib.sha256()
    for path in sorted(conf_dir().rglob("*.yaml")):
        digest.update(f"{path.relative_to(conf_dir())}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def _parsed(overrides: Sequence[str]) -> list[Override]:
    with Composer.ready() as composer:
        return composer.parse(overrides)


def _merged(given: Sequence[str], own: Sequence[str]) -> list[str]:
    """Return the overrides of the space, then the user's, which replace those of equal key."""
    replaced = {override.key_or_group for override in _parsed(own)}
    kept = [each for each in _parsed(given) if each.key_or_group not in replaced]
    return [*(str(each.input_line) for each in kept), *own]


def _refuse_contradictions(space: Space, overrides: Sequence[str]) -> None:
    for override in _parsed(overrides):
        key = override.key_or_group
        if key in space.parameters:
            raise BenchError(f"{key}: given as an override and searched; drop one of the two")
        if key in ("seed", "protocol", "protocol.test"):
            raise BenchError(
                f"{key}: tuning uses protocol=tune and seeds from {FIRST_SEED}; drop the override"
            )
        if override.is_sweep_override():
            raise BenchError(f"{key}: many values; list them in the search space")


def _probes(space: Space) -> Iterator[dict[str, Any]]:
    yield {}
    for key, tried in space.parameters.items():
        for value in tried if isinstance(tried, list) else (tried["low"], tried["high"]):
            yield {key: value}


def _text(value: Any) -> str:
    if isinstance(value, float):
        # The few digits that a person copies, alike for what is trained and what is printed.
        return repr(float(f"{value:.6g}"))
    plain = isinstance(value, str) and re.fullmatch(r"[a-z]\w*", value)
    # Quoted, a choice that looks like a number or like null stays a word.
    return value if plain and value not in _WORDS else json.dumps(value, ensure_ascii=False)


_WORDS = ("null", "true", "false", "nan", "inf")
