"""Writing the best recipe as conf/experiment/NAME.yaml."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import optuna
from hydra.core.override_parser.types import Override
from omegaconf import OmegaConf

from fmnist_bench.errors import BenchError
from fmnist_bench.files import atomic_write
from fmnist_bench.paths import conf_dir
from fmnist_bench.search.recipe import as_overrides, parse_overrides, says_recipe
from fmnist_bench.search.report import best_trial, budget, seeds_in_words
from fmnist_bench.search.study import space_of


def refuse_experiment(name: str, overrides: Sequence[str]) -> None:
    """Check that experiment `name` can be written, before anything is trained for it.

    Raises:
        BenchError: its file exists, the name is no file name, or a file cannot say one of the
            overrides.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
        raise BenchError(
            f"--write-experiment {name!r}: expected letters, digits, dots, dashes and underscores"
        )
    _refuse_existing(_path(name))
    _deltas(overrides)


def write_best(name: str, study: optuna.Study, path: Path, command: str) -> Path:
    """Write the best recipe of `study`, in `path`, as experiment `name`; return its file.

    `command` found it and is named in the file.

    Raises:
        BenchError: the file exists or cannot be written.
    """
    best = best_trial(study)
    assert best is not None
    space = space_of(study, path)
    header = [
        f"fmnist-bench train experiment={name}",
        f"Found by: {command}",
        f"Validation accuracy {best.value:.4f} (trial {best.number}, {seeds_in_words(space)}); "
        "the best of",
        f"{budget(study, space)}.",
    ]
    overrides = [*study.user_attrs["overrides"], *as_overrides(best.params)]
    target = _path(name)
    _refuse_existing(target)
    with atomic_write(target) as file:
        file.write(experiment_text(name, overrides, header).encode())
    return target


def experiment_text(name: str, overrides: Sequence[str], header: Sequence[str]) -> str:
    """Return the file's content: a package line, `header`, defaults, and the changed keys."""
    inherited, groups, values = _deltas(overrides)
    OmegaConf.update(values, "row.name", name)
    defaults = [
        *([inherited] if inherited else []),
        *({f"override /{group}": choice} for group, choice in groups.items()),
        *(["_self_"] if inherited else []),
    ]
    # Hydra wants overrides last, after _self_.
    defaults.sort(key=lambda entry: isinstance(entry, dict))
    parts = ["# @package _global_\n" + "".join(f"# {line}\n" for line in header)]
    if defaults:
        parts[0] += OmegaConf.to_yaml({"defaults": defaults})
    return "\n".join([*parts, OmegaConf.to_yaml(values)])


def _path(name: str) -> Path:
    return conf_dir() / "experiment" / f"{name}.yaml"


def _refuse_existing(path: Path) -> None:
    if path.exists():
        raise BenchError(f"{path}: exists already; choose another name or remove it")


def _deltas(overrides: Sequence[str]) -> tuple[str | None, dict[str, str], Any]:
    """Return the experiment that is built upon, the chosen groups, and the changed values."""
    inherited = None
    groups: dict[str, str] = {}
    values = OmegaConf.create({})
    for override in filter(says_recipe, parse_overrides(overrides)):
        key, value = override.key_or_group, override.value()
        _refuse_unwritable(override)
        if (conf_dir() / key).is_dir():
            if key == "experiment":
                inherited = str(value)
            elif key != "data":
                groups[key] = str(value)
        else:
            OmegaConf.update(values, key, value, force_add=True)
    return inherited, groups, values


def _refuse_unwritable(override: Override) -> None:
    if override.is_delete() or override.package is not None:
        raise BenchError(
            f"--write-experiment: an experiment file cannot say {override.input_line!r}; drop one "
            "of the two"
        )
