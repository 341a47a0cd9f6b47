"""Every key of conf/ is recipe, machine or report, or a source of those; none is two of them."""

from collections.abc import Iterator
from typing import Any

import hydra
import pytest
from omegaconf import DictConfig, OmegaConf

from fmnist_bench.config import machine
from fmnist_bench.config.compose import Composer, compose
from fmnist_bench.config.freeze import freeze
from fmnist_bench.config.kinds import MACHINE, RECIPE, REPORT, SOURCES, recipe_of
from fmnist_bench.paths import conf_dir
from fmnist_bench.records.identity import recipe_digest

LISTS = (
    "bench",
    "experiment",
    "hydra",
    "search",
    "sweep",
)  # what is no part of a single run's config
GROUPS = sorted(path.name for path in conf_dir().iterdir() if path.is_dir())
CHOICES = [
    f"{group}={path.stem}"
    for group in GROUPS
    if group not in LISTS
    for path in sorted((conf_dir() / group).glob("*.yaml"))
    if not path.stem.startswith("_")
]
NOT_RECIPE = {  # Written out again, so that a change of the lists in the code is noticed here.
    *(
        "data.folder",
        "model.net.weights",
        "model.teacher.weights",
        "trainer.accelerator",
        "trainer.deterministic",
    ),
    *("trainer.devices", "trainer.enable_progress_bar", "trainer.num_nodes", "trainer.profiler"),
    *("trainer.strategy", "logger", "paths", "row", "speed", "time_limit_seconds"),
}


def leaves(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    else:
        yield path


def is_recipe(key: str) -> bool:
    parts = key.split(".")
    return not any(".".join(parts[:length]) in NOT_RECIPE for length in range(1, len(parts) + 1))


def filled(config: DictConfig) -> DictConfig:
    """Give values to what conf/ leaves to the user, as the folder of data of one's own."""
    if OmegaConf.is_missing(config.data, "name"):
        config.data.name, config.data.folder = "mine", "folder"
    if OmegaConf.is_missing(config.optimizer, "_target_"):
        config.optimizer._target_, config.optimizer.lr = "mine.Optimizer", 0.1
    return config


def test_no_kind_shares_a_key_with_another() -> None:
    kinds = [*RECIPE, *MACHINE, *REPORT, *SOURCES]
    assert len(kinds) == len(set(kinds))


def test_every_key_of_every_choice_is_of_one_kind() -> None:
    """Found: keys of the composed config; expected of each: where it ends, by the lists."""
    assert {choice.split("=")[0] for choice in CHOICES} == {*GROUPS} - {*LISTS}
    with Composer.ready():
        for choice in CHOICES:
            config = filled(hydra.compose("config", [choice]))
            assert {*config} == {*RECIPE, *MACHINE, *REPORT, *SOURCES}, choice
            frozen = freeze(config)
            assert {*frozen} == {*RECIPE, *MACHINE, *REPORT}, choice
            # A top-level key that is null is left out: a feature that is off.
            keys = {key for key in leaves(frozen) if "." in key or frozen[key] is not None}
            assert {*leaves(recipe_of(frozen))} == {key for key in keys if is_recipe(key)}, choice


def test_every_source_is_read_by_some_choice() -> None:
    text = "\n".join(path.read_text() for path in conf_dir().rglob("*.yaml"))
    for source in SOURCES:
        assert f"${{{source}" in text, source


MACHINES = {  # has an NVIDIA GPU, multiplies in bf16
    "laptop": (False, False),
    "server": (False, True),
    "gpu": (True, True),
}


def test_an_experiment_is_the_same_recipe_on_every_machine(
    experiments: dict[str, dict[str, DictConfig]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(experiments) > 30
    different = []
    for name, by_trainer in experiments.items():
        digests = set()
        for gpu, bf16 in MACHINES.values():
            monkeypatch.setattr(machine, "has_nvidia_gpu", lambda gpu=gpu: gpu)
            monkeypatch.setattr(machine, "_multiplies_in_bf16", lambda bf16=bf16: bf16)
            config = by_trainer[machine.fastest_trainer()]
            assert not str(config._get_node("precision")._value()).startswith("${"), name
            digests.add(recipe_digest(recipe_of(freeze(config))))
        different += [name] if len(digests) > 1 else []
    assert different == []


def test_what_is_not_pinned_follows_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {}
    for name, (gpu, bf16) in MACHINES.items():
        monkeypatch.setattr(machine, "has_nvidia_gpu", lambda gpu=gpu: gpu)
        monkeypatch.setattr(machine, "_multiplies_in_bf16", lambda bf16=bf16: bf16)
        config = compose(["model=resnet18"])
        trainer, speed = config["trainer"], config["speed"]
        found[name] = trainer["accelerator"], trainer["precision"], speed["compile"]
    assert found == {
        "laptop": ("cpu", "32-true", False),
        "server": ("cpu", "bf16-mixed", False),
        "gpu": ("gpu", "bf16-mixed", True),
    }


def test_a_flag_of_lightning_reaches_the_recipe() -> None:
    plain = compose(["model=mlp"])
    for typed in ("+trainer.accumulate_grad_batches=2", "trainer.accumulate_grad_batches=2"):
        config = compose(["model=mlp", typed])
        assert recipe_of(config)["trainer"]["accumulate_grad_batches"] == 2
        assert recipe_digest(recipe_of(config)) != recipe_digest(recipe_of(plain))
