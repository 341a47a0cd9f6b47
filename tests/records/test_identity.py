import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from fmnist_bench.config.compose import compose
from fmnist_bench.records.identity import (
    canonical_json,
    identity_config,
    recipe_identity,
    run_identity,
)

# Written out again, so that a change of the list in the code is noticed here.
IGNORED = {
    "paths",
    "logger",
    "row",
    "speed",
    "data.folder",
    "model.net.weights",
    "trainer.progress_bar",
    "trainer.device_index",
    "trainer.time_limit_seconds",
}


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    return compose(["model=resnet18", "augment=crop_flip_erase", "trainer=cpu", "logger=wandb"])


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    else:
        yield path


def changed(config: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    copied = copy.deepcopy(config)
    holder = copied
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = "something else"
    return copied


def is_ignored(path: tuple[str, ...]) -> bool:
    return any(".".join(path[:length]) in IGNORED for length in range(1, len(path) + 1))


def test_every_key_but_the_ignored_changes_the_identity(config: dict[str, Any]) -> None:
    original = run_identity(config, "data")
    paths = list(leaves(config))
    assert len(paths) > 60
    for path in paths:
        same = run_identity(changed(config, path), "data") == original
        assert same == is_ignored(path), ".".join(path)
    assert {name for name in IGNORED if name.split(".")[0] in config} == IGNORED


def test_data_changes_the_identity_and_not_the_recipe(config: dict[str, Any]) -> None:
    assert run_identity(config, "a") != run_identity(config, "b")


def test_seed_and_dataset_change_the_identity_and_not_the_recipe(config: dict[str, Any]) -> None:
    for path in (("seed",), ("data", "name")):
        other = changed(config, path)
        assert recipe_identity(other) == recipe_identity(config)
        assert run_identity(other, "data") != run_identity(config, "data")
    assert recipe_identity(changed(config, ("epochs",))) != recipe_identity(config)


def test_identity_survives_a_journey_through_json(config: dict[str, Any]) -> None:
    travelled = json.loads(json.dumps(identity_config(config)))
    assert run_identity(travelled, "data") == run_identity(config, "data")
    assert recipe_identity(travelled) == recipe_identity(config)


def test_canonical_json_ignores_the_order_of_keys_and_refuses_nan() -> None:
    assert canonical_json({"b": 1, "a": 2}) == canonical_json({"a": 2, "b": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"a": float("nan")})


def test_a_key_that_is_off_hashes_as_one_that_does_not_exist(config: dict[str, Any]) -> None:
    assert config["grad_clip"] is None
    older = {key: value for key, value in config.items() if key != "grad_clip"}
    assert run_identity(older, "data") == run_identity(config, "data")
    assert recipe_identity(older) == recipe_identity(config)
    switched_on = {**config, "grad_clip": 1.0}
    assert run_identity(switched_on, "data") != run_identity(config, "data")
