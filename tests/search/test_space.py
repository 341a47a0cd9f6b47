"""Search spaces: what they mean, and what is wrong with them in one line each."""

from pathlib import Path
from typing import Any

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from fmnist_bench.config.compose import compose
from fmnist_bench.errors import BenchError
from fmnist_bench.paths import conf_dir
from fmnist_bench.search import space as space_module
from fmnist_bench.search.recipe import Tuning, tuning_overrides
from fmnist_bench.search.space import Space, load_space, parse_space

READY = sorted(path.stem for path in (conf_dir() / "search").glob("*.yaml"))
LR = {"low": 1e-4, "high": 0.1, "log": True}


def parse(**changes: Any) -> Space:
    return parse_space({"parameters": {"optimizer.lr": LR}, "trials": 5, **changes}, "x.yaml")


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
    assert space.distributions == {
        "optimizer.lr": FloatDistribution(1e-4, 0.1, log=True),
        "model.net.hidden": IntDistribution(32, 128, step=32),
        "epochs": IntDistribution(1, 16, log=True),
        "model.net.dropout": FloatDistribution(0.0, 1.0),
        "label_smoothing": FloatDistribution(0, 0.2, step=0.1),
        "augment": CategoricalDistribution(["none", "flip"]),
        "grad_clip": CategoricalDistribution([None, 1.0, 5]),
        "optimizer.nesterov": CategoricalDistribution([True, False]),
    }


def test_a_space_survives_the_study_file() -> None:
    space = parse(
        parameters={"a.b": {"low": 0.0, "high": 1.0}, "c": [1, 2.0, None, True, "x"]},
        first=[{"a.b": 0.5, "c": None}],
    )
    again = parse_space(space.model_dump(mode="json"), "again")
    assert again == space
    assert again.distributions == space.distributions


def test_tuning_seeds_are_no_seeds_of_a_row() -> None:
    assert list(parse(seeds=3).tuning_seeds) == [1000, 1001, 1002]
    for path in (conf_dir() / "experiment").glob("*.yaml"):
        row = compose([f"experiment={path.stem}", "trainer=cpu"])["row"]
        assert set(range(row["seeds"])).isdisjoint(parse(seeds=50).tuning_seeds)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"trial": 3}, "x.yaml: trial: unknown key"),
        ({"trials": 0}, "trials"),
        ({"trials": "many"}, "trials"),
        ({"seeds": 0}, "seeds"),
        ({"sampler": "grid"}, "sampler"),
        ({"parameters": {}}, "parameters: empty"),
        ({"parameters": None}, "parameters"),
        ({"parameters": {"a": {"low": 1, "high": 1}}}, "parameters.a: low 1 is not below high 1"),
        ({"parameters": {"a": {"low": 1}}}, "parameters.a.high: missing"),
        ({"parameters": {"a": {"low": 1, "hig": 2, "high": 2}}}, "parameters.a.hig: unknown"),
        ({"parameters": {"a": {"low": "x", "high": 3}}}, "parameters.a.low"),
        ({"parameters": {"a": {"low": 0.0, "high": 1.0, "log": True}}}, "log needs low above 0"),
        ({"parameters": {"a": {"low": 1, "high": 8, "log": True, "step": 1}}}, "exclude"),
        ({"parameters": {"a": {"low": 0.0, "high": 1.0, "step": 0.3}}}, "step 0.3"),
        ({"parameters": {"a": {"low": 0.0, "high": 1.0, "step": -0.5}}}, "step -0.5"),
        ({"parameters": {"a": {"low": 0.0, "high": 0.12345678}}}, "digits"),
        ({"parameters": {"a": {"low": 0.0, "high": float("inf")}}}, "parameters.a.high"),
        ({"parameters": {"a": ["x"]}}, "parameters.a: expected two choices"),
        ({"parameters": {"a": ["x", "x"]}}, "parameters.a: a choice is listed twice"),
        ({"parameters": {"a": ["x", [1]]}}, "parameters.a: choice [1]"),
        ({"parameters": {"a": ["x", "y z"]}}, "parameters.a: choice 'y z'"),
        ({"parameters": {"a": [0.5, float("nan")]}}, "parameters.a: choice nan"),
        ({"parameters": {"a": 3}}, "parameters.a"),
        ({"parameters": {"a b": ["x", "y"]}}, "'a b' is no config key"),
        ({"parameters": {"seed": [1, 2]}}, "seed is the same in all trials"),
        ({"parameters": {"protocol.test": ["never", None]}}, "protocol.test is the same"),
        ({"parameters": {"data": ["mnist", "fashion_mnist"]}}, "data is the same"),
        ({"pruner": {"name": "best"}}, "pruner.name"),
        ({"pruner": {"name": "asha", "reduction_factor": 1}}, "pruner.reduction_factor"),
        ({"first": [{"a": 1}]}, "first: give each recipe exactly the keys"),
        ({"first": [{"optimizer.lr": 0.5}]}, "first: optimizer.lr=0.5 is outside"),
        ({"first": [{"optimizer.lr": "fast"}]}, "first: optimizer.lr=fast is outside"),
    ],
)
def test_what_is_wrong_with_a_space_is_one_line(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(BenchError) as refused:
        parse(**changes)
    assert said in str(refused.value)
    assert str(refused.value).startswith("x.yaml: ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("content", ["trials: [", "trials: 1\ntrials: 2\n", "- 1\n", "", "\xff"])
def test_a_file_that_is_no_space_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    monkeypatch.setattr(space_module, "conf_dir", lambda: tmp_path)
    (tmp_path / "search").mkdir()
    (tmp_path / "search" / "mine.yaml").write_bytes(content.encode("latin-1"))
    with pytest.raises(BenchError, match=r"mine\.yaml: ") as refused:
        load_space("mine")
    assert "\n" not in str(refused.value)
    with pytest.raises(BenchError, match=r"no conf/search/yours\.yaml; choose from mine"):
        load_space("yours")


@pytest.mark.parametrize("name", READY)
def test_every_ready_space_leads_to_configs_that_compose(name: str, tmp_path: Path) -> None:
    space = load_space(name)
    tuning = Tuning(
        name=name,
        space=space,
        overrides=(*space.overrides, "trainer=cpu"),
        folder=tmp_path,
        data_folder=tmp_path,
        data_digest="0",
    )
    assert tuning.base_hash()
    base = compose(tuning_overrides(tuning.overrides, 1000))
    for key in space.parameters:
        holder: Any = base
        for part in key.split("."):
            assert part in holder, f"{key} is no key of the config"
            holder = holder[part]
