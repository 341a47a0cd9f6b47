"""Writing the best recipe as conf/experiment/NAME.yaml."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import optuna
from omegaconf import OmegaConf

from fmnist_bench.errors import BenchError
from fmnist_bench.files import atomic_write
from fmnist_bench.paths import conf_dir
from fmnist_bench.search.report import best_trial, budget, seeds_in_words
from fmnist_bench.search.tuning import Tuning, as_overrides, recipe_overrides


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
    _new_file(name)
    _deltas(overrides)


def write_best(name: str, study: optuna.Study, tuning: Tuning, command: str) -> Path:
    """Write the best recipe of `study` as experiment `name`; return its file.

    `command` found it and is named in the file.

    Raises:
        BenchError: the file exists or cannot be written.
    """
    best = best_trial(study)
    assert best is not None
    inherited, groups, values = _deltas([*tuning.overrides, *as_overrides(best.params)])
    OmegaConf.update(values, "row.name", name)
    seeds = seeds_in_words(tuning.space)
    text = f"""# @package _global_
# fmnist-bench train experiment={name}
# Found by: {command}
# Validation accuracy {best.value:.4f} (trial {best.number}, {seeds}); the best of
# {budget(study, tuning.space)}.
"""
    defaults: list[Any] = [inherited, "_self_"] if inherited else []
    # Hydra wants overrides last, after _self_.
    defaults += ({f"override /{group}": choice} for group, choice in groups.items())
    if defaults:
        text += OmegaConf.to_yaml({"defaults": defaults})
    target = _new_file(name)
    with atomic_write(target) as file:
        file.write(f"{text}\n{OmegaConf.to_yaml(values)}".encode())
    return target


def _new_file(name: str) -> Path:
    path = conf_dir() / "experiment" / f"{name}.yaml"
    if path.exists():
        raise BenchError(f"{path}: exists already; choose another name or remove it")
    return path


def _deltas(overrides: Sequence[str]) -> tuple[str | None, dict[str, Any], Any]:
    """Return the experiment that is built upon, the chosen groups, and the changed values."""
    inherited = None
    groups: dict[str, Any] = {}
    values = OmegaConf.create({})
    for override in recipe_overrides(overrides):
        key = override.key_or_group
        if override.is_delete() or override.package is not None:
            raise BenchError(
                f"--write-experiment: an experiment file cannot say {override.input_line!r}; drop "
                "one of the two"
            )
        if not (conf_dir() / key).is_dir():
            OmegaConf.update(values, key, override.value(), force_add=True)
        elif key == "experiment":
            inherited = str(override.value())
        else:
            groups[key] = override.value()
    return inherited, groups, values
