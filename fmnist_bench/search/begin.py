"""From the words of the command line to a study that workers can start on."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from fmnist_bench.config.compose import compose
from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.prepare import prepare
from fmnist_bench.records.identity import sha256_of
from fmnist_bench.search.recipe import (
    Tuning,
    parse_overrides,
    refuse_contradictions,
    refuse_shared_seeds,
    tuning_overrides,
)
from fmnist_bench.search.space import FIRST_SEED, load_space
from fmnist_bench.search.study import create_study


def begin(
    words: Sequence[str],
    study: Path | None,
    say: Callable[[str], None],
    check: Callable[[Sequence[str]], None],
) -> tuple[Path, Tuning]:
    """Check `words` (`search=NAME` and overrides), obtain the data and open the study.

    `check` may refuse the overrides that all trials share before anything is fetched.

    Returns the study's file, `study` or by default one that belongs to this space and these
    overrides, and what it tunes.

    Raises:
        BenchError: a word, the space, the data or the study's file is wrong.
    """
    name, own = _split(words)
    space = load_space(name)
    overrides = _merged(space.overrides, own)
    refuse_contradictions(space, overrides)
    check(overrides)
    base = compose(tuning_overrides(overrides, FIRST_SEED))
    refuse_shared_seeds(base)
    prepared = prepare(base, say)
    outputs = Path(base["paths"]["outputs"]) / "tune"
    tuning = Tuning(
        name=name,
        space=space,
        overrides=tuple(overrides),
        folder=outputs,
        data_folder=prepared.data_folder,
        data_digest=prepared.data_digest,
    )
    base_hash = tuning.base_hash()
    own_name = f"{name}-{sha256_of([tuning.space_hash, base_hash])[:8]}"
    path = study or outputs / own_name / "study.journal"
    tuning = replace(tuning, folder=outputs / (study.stem if study else own_name))
    create_study(path, tuning, base_hash)
    return path, tuning


def _split(words: Sequence[str]) -> tuple[str, list[str]]:
    names = [word.removeprefix("search=") for word in words if word.startswith("search=")]
    if len(names) != 1 or not names[0]:
        raise BenchError("tune: name one search space of conf/search, as in search=cnn")
    return names[0], [word for word in words if not word.startswith("search=")]


def _merged(given: Sequence[str], own: Sequence[str]) -> list[str]:
    """Return the overrides of the space, then the user's, which replace those of equal key."""
    replaced = set(_keys(own))
    kept = [
        override for override, key in zip(given, _keys(given), strict=True) if key not in replaced
    ]
    return [*kept, *own]


def _keys(overrides: Sequence[str]) -> list[str]:
    return [override.key_or_group for override in parse_overrides(overrides)]
