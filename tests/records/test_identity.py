"""Which keys make a run another run."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from fmnist_bench.config.compose import compose
from fmnist_bench.config.kinds import recipe_of
from fmnist_bench.records.identity import canonical_json, recipe_digest, run_identity

# Written out again, so that a change of the lists in the code is noticed here.
MACHINE = {
    *("speed", "time_limit_seconds", "trainer.accelerator", "trainer.benchmark"),
    *("trainer.deterministic", "trainer.devices", "trainer.num_nodes", "trainer.strategy"),
}
REPORT = {
    *("data.folder", "logger", "model.net.weights", "paths", "row", "trainer.detect_anomaly"),
    *("trainer.enable_model_summary", "trainer.enable_progress_bar", "trainer.profiler"),
    *("trainer.log_every_n_steps", "callbacks.watching"),
}
OVERRIDES = [
    *("model=resnet18", "augment=crop_flip_erase", "trainer=cpu"),
    *("schedule=plateau", "callbacks=[ema,early_stopping]", "logger=wandb"),
    *("+trainer.benchmark=false", "+trainer.detect_anomaly=false", "warm_up_steps=3"),
    *("+trainer.enable_model_summary=false", "+trainer.log_every_n_steps=50"),
    "+callbacks.watching._target_=pytorch_lightning.callbacks.LearningRateMonitor",
    "+callbacks.mine._target_=mine.Callback",
    "+model.metrics.f1={_target_: torchmetrics.F1Score, task: multiclass, num_classes: 10}",
]


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    return compose(OVERRIDES)


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


def identity(config: dict[str, Any], data: str = "data") -> str:
    return run_identity(recipe_of(config), data)


def recipe(config: dict[str, Any]) -> str:
    return recipe_digest(recipe_of(config))


def is_one_of(path: tuple[str, ...], keys: set[str]) -> bool:
    return any(".".join(path[:length]) in keys for length in range(1, len(path) + 1))


def test_every_recipe_key_changes_the_identity_and_no_other_does(config: dict[str, Any]) -> None:
    original = identity(config)
    paths = list(leaves(config))
    assert len(paths) > 90
    watching = "callbacks.watching._target_"  # another class may do more than watch
    for path in paths:
        if ".".join(path) != watching:
            same = identity(changed(config, path)) == original
            assert same == is_one_of(path, MACHINE | REPORT), ".".join(path)
    # Each of those lists was looked at: the config has them all.
    kinds = {".".join(path[:length]) for path in paths for length in (1, 2, 3)}
    assert kinds >= MACHINE | REPORT


def test_a_key_that_is_added_to_a_node_of_the_recipe_changes_the_identity(
    config: dict[str, Any],
) -> None:
    for node in ("data", "model", "model.net", "trainer", "callbacks.ema", "protocol"):
        assert identity(changed(config, (*node.split("."), "new"))) != identity(config), node


def test_what_only_watches_is_known_by_its_class(config: dict[str, Any]) -> None:
    for target, same in (
        ("pytorch_lightning.callbacks.ModelSummary", True),
        ("lightning.pytorch.callbacks.LearningRateMonitor", True),
        ("mine.LearningRateMonitor", False),
        ("pytorch_lightning.callbacks.StochasticWeightAveraging", False),
    ):
        other = copy.deepcopy(config)
        other["callbacks"]["watching"]["_target_"] = target
        assert (identity(other) == identity(config)) == same, target


def test_data_changes_the_identity_and_not_the_recipe(config: dict[str, Any]) -> None:
    assert identity(config, "a") != identity(config, "b")


def test_seed_and_dataset_change_the_identity_and_not_the_recipe() -> None:
    one = compose(["trainer=cpu"])
    for other in (["seed=1"], ["data=mnist"], ["data.class_names=[a,b,c,d,e,f,g,h,i,j]"]):
        there = compose(["trainer=cpu", *other])
        assert recipe(there) == recipe(one), other
        assert identity(there) != identity(one), other
    assert recipe(compose(["trainer=cpu", "epochs=11"])) != recipe(one)


def test_identity_survives_a_journey_through_json(config: dict[str, Any]) -> None:
    travelled = json.loads(json.dumps(recipe_of(config)))
    assert run_identity(travelled, "data") == identity(config)
    assert recipe_digest(travelled) == recipe(config)


def test_canonical_json_ignores_the_order_of_keys_and_refuses_nan() -> None:
    assert canonical_json({"b": 1, "a": 2}) == canonical_json({"a": 2, "b": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"a": float("nan")})


def test_a_top_level_key_that_is_off_hashes_as_one_that_does_not_exist() -> None:
    config = compose(["trainer=cpu"])
    assert config["warm_up_steps"] is None
    older = {key: value for key, value in config.items() if key != "warm_up_steps"}
    assert identity(older) == identity(config)
    assert identity({**config, "warm_up_steps": 1}) != identity(config)


def test_null_and_absent_differ_inside_a_node() -> None:
    """A net may do something else without an argument than with None for it."""
    plain = compose(["model=mlp", "trainer=cpu"])
    null = compose(["model=mlp", "trainer=cpu", "+model.net.activation=null"])
    assert identity(null) != identity(plain)
    assert recipe(null) != recipe(plain)
    without = copy.deepcopy(plain)
    assert without["model"].pop("init", "absent") is None
    assert identity(without) != identity(plain)
