"""Search spaces: what they mean, and what is wrong with them in one line each."""

from functools import cache
from pathlib import Path
from typing import Any

import optuna
import pytest
from omegaconf import OmegaConf
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FixedTrial

from fmnist_bench.errors import BenchError
from fmnist_bench.paths import conf_dir
from fmnist_bench.search import space as space_module
from fmnist_bench.search.space import Space, load_space, parse_space
from fmnist_bench.search.tuning import Tuning

READY = sorted(path.stem for path in (conf_dir() / "search").glob("[!_]*.yaml"))
LR = {"low": 1e-4, "high": 0.1, "log": True}
MEDIAN = "optuna.pruners.MedianPruner"


def parse(**changes: Any) -> Space:
    return parse_space(_content() | changes, "x.yaml")


@cache
def _content() -> dict[str, Any]:
    ready = load_space("cnn", []).model_dump()
    return ready | {"first": [], "parameters": {"optimizer.lr": LR}}


def test_each_way_to_write_a_parameter_is_a_distribution() -> None:
    space = parse(
        parameters={
            "optimizer.lr": LR,
            "model.net.hidden": {"low": 32, "high": 128, "step": 32},
            "epochs": {"low": 1, "high": 16, "log": True},
            "model.net.dropout": {"low": 0.0, "high": 1.0},
            "label_smoothing": {"low": 0, "high": 0.2, "step": 0.1},
            "augment": ["none", "flip"],
            "grad_clip": [None, 1.0, 5],
            "optimizer.nesterov": [True, False],
        }
    )
    trial = optuna.create_study().ask()
    assert space.suggest(trial) == trial.params
    assert trial.distributions == {
        "optimizer.lr": FloatDistribution(1e-4, 0.1, log=True),
        "model.net.hidden": IntDistribution(32, 128, step=32),
        "epochs": IntDistribution(1, 16, log=True),
        "model.net.dropout": FloatDistribution(0.0, 1.0),
        "label_smoothing": FloatDistribution(0, 0.2, step=0.1),
        "augment": CategoricalDistribution(["none", "flip"]),
        "grad_clip": CategoricalDistribution([None, 1.0, 5]),
        "optimizer.nesterov": CategoricalDistribution([True, False]),
    }


def test_tuning_seeds_are_no_seeds_of_a_row() -> None:
    assert list(parse(seeds=3).tuning_seeds) == [1000, 1001, 1002]
    tuning_seeds = parse(seeds=50).tuning_seeds
    paths = list((conf_dir() / "experiment").glob("*.yaml"))
    assert paths
    for path in paths:
        seeds = OmegaConf.select(OmegaConf.load(path), "row.seeds", default=5)
        assert set(range(seeds)).isdisjoint(tuning_seeds)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"trial": 3}, "x.yaml: trial: unknown key"),
        ({"trials": 0}, "x.yaml: trials"),
        ({"trials": "many"}, "x.yaml: trials"),
        ({"seeds": 0}, "x.yaml: seeds"),
        ({"parameters": {}}, "x.yaml: parameters"),
        ({"parameters": None}, "x.yaml: parameters"),
        ({"parameters": {"a": {"low": 2, "high": 1}}}, "x.yaml: parameters.a: `low <= high`"),
        ({"parameters": {"a": {"low": 1}}}, "parameters.a: missing 1 required"),
        ({"parameters": {"a": {"low": 1, "hig": 2, "high": 2}}}, "'hig'"),
        ({"parameters": {"a": {"high": 3}}}, "parameters.a: missing 1 required"),
        ({"parameters": {"a": {"low": "x", "high": 3}}}, "parameters.a"),
        ({"parameters": {"a": {"low": 0.0, "high": 1.0, "log": True}}}, "`low > 0`"),
        ({"parameters": {"a": {"low": 1, "high": 8, "log": True, "step": 2}}}, "step is 1"),
        ({"parameters": {"a": {"low": 0.0, "high": 1.0, "step": 0.3}}}, "step=0.3"),
        ({"parameters": {"a": {"low": 0.0, "high": 1.0, "step": -0.5}}}, "step=-0.5"),
        ({"parameters": {"a": {"low": 0.0, "high": float("inf")}}}, "x.yaml: "),
        ({"parameters": {"a": [0.5, float("nan")]}}, "x.yaml: "),
        ({"parameters": {"a": []}}, "parameters.a: expected choices"),
        ({"parameters": {"a": ["x", [1]]}}, "parameters.a: Choices"),
        ({"parameters": {"a": 3}}, "parameters.a: expected choices, or low and high"),
        ({"parameters": {"a b": ["x", "y"]}}, "'a b' is no config key"),
        ({"parameters": {"seed": [1, 2]}}, "seed is the same in all trials"),
        ({"parameters": {"protocol.test": ["never", None]}}, "protocol.test is the same"),
        ({"parameters": {"data": ["mnist", "fashion_mnist"]}}, "data is the same"),
        ({"parameters": {"data.folder": ["here", "there"]}}, "data.folder is the same"),
        ({"parameters": {"trainer.devices": [1, 2]}}, "trainer.devices is the same"),
        ({"parameters": {"speed.threads": [1, 2]}}, "speed.threads is the same"),
        ({"sampler": {"_target_": "optuna.samplers.Grid"}}, "search.sampler._target_"),
        ({"sampler": {"_target_": "optuna.samplers.RandomSampler", "sed": 1}}, "sampler.sed"),
        ({"pruner": {"_target_": MEDIAN, "warmup": 1}}, "search.pruner.warmup"),
        ({"pruner": {"_target_": MEDIAN, "n_startup_trials": -1}}, "search.pruner"),
        ({"first": [{"a": 1}]}, "first: give each recipe exactly the keys"),
        ({"first": [{"optimizer.lr": 0.5}]}, "first.optimizer.lr: The value 0.5"),
        ({"first": [{"optimizer.lr": "fast"}]}, "first.optimizer.lr: 'fast'"),
    ],
)
def test_what_is_wrong_with_a_space_is_one_line(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(BenchError) as refused:
        parse(**changes)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.fixture
def searches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of search spaces."""
    folder = tmp_path / "search"
    folder.mkdir()
    monkeypatch.setattr(space_module, "conf_dir", lambda: tmp_path)
    monkeypatch.setattr("fmnist_bench.config.compose.conf_dir", lambda: tmp_path)
    return folder


@pytest.mark.parametrize("content", ["trials: [", "trials: 1\ntrials: 2\n", "- 1\n", "", "\xff"])
def test_a_file_that_is_no_space_is_refused_in_one_line(searches: Path, content: str) -> None:
    (searches / "mine.yaml").write_bytes(content.encode("latin-1"))
    with pytest.raises(BenchError, match=r"mine\.yaml: ") as refused:
        load_space("mine", [])
    assert "\n" not in str(refused.value)
    with pytest.raises(BenchError, match=r"no conf/search/yours\.yaml; choose from mine"):
        load_space("yours", [])


def test_keys_of_the_space_can_be_overridden() -> None:
    space = load_space("cnn", ["search.trials=3", "search.pruner.n_warmup_steps=7"])
    assert (space.trials, space.pruner["n_warmup_steps"]) == (3, 7)
    assert space.parameters == load_space("cnn", []).parameters
    with pytest.raises(BenchError, match=r"cnn\.yaml: .*search\.trial"):
        load_space("cnn", ["search.trial=3"])
    with pytest.raises(BenchError, match=r"cnn\.yaml: trials"):
        load_space("cnn", ["search.trials=0"])


@pytest.mark.parametrize("name", READY)
def test_every_parameter_of_a_ready_space_changes_the_recipe(name: str, tmp_path: Path) -> None:
    space = load_space(name, [])
    tuning = Tuning(name, space, (*space.overrides, "trainer=cpu"), "0")
    _, *probes = (spec.identity for spec in tuning.probes(tmp_path))
    for tried in space.parameters.values():
        count = len(tried) if isinstance(tried, list) else 2
        own, probes = probes[:count], probes[count:]
        assert len(set(own)) == count
    assert not probes
    for recipe in space.first:
        assert space.suggest(FixedTrial(recipe)) == recipe
