"""Every file in conf/ composes, and wrong overrides are refused in one line."""

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from fmnist_bench.config.compose import compose, compose_command_line
from fmnist_bench.data.facts import DATASETS
from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.rows import experiments_of, row_configs
from fmnist_bench.paths import conf_dir

EXPERIMENTS = sorted(path.stem for path in (conf_dir() / "experiment").glob("*.yaml"))
GROUPS = (
    "data",
    "augment",
    "loss",
    "mixing",
    "model",
    "optimizer",
    "schedule",
    "protocol",
    "trainer",
    "logger",
    "ema",
    "early_stopping",
)
CHOICES = [
    (group, path.stem)
    for group in GROUPS
    for path in sorted((conf_dir() / group).glob("*.yaml"))
    if not path.stem.startswith("_")
]


@pytest.mark.parametrize(("group", "choice"), CHOICES)
def test_every_choice_of_every_group_composes(group: str, choice: str) -> None:
    words = [f"{group}={choice}"] + (["trainer=gpu"] if group != "trainer" else [])
    own = ["data.name=kmnist", "data.folder=here"] if choice == "idx" else []
    config = compose([*words, *own])
    assert config["seed"] == 0


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_experiment_composes_and_is_a_row_of_its_own_name(experiment: str) -> None:
    config = compose([f"experiment={experiment}", "trainer=cpu"])
    assert config["row"]["name"] == experiment
    assert set(config["row"]["datasets"]) <= set(DATASETS)


def test_every_experiment_is_run_by_a_bench() -> None:
    listed = [name for bench in ("quick", "full", "published") for name in experiments_of(bench)]
    assert sorted(listed) == EXPERIMENTS


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_experiment_file_opens_with_its_command_and_result(experiment: str) -> None:
    text = (conf_dir() / "experiment" / f"{experiment}.yaml").read_text()
    header = [line for line in text.splitlines()[1:4] if line.startswith("#")]
    assert f"fmnist-bench train experiment={experiment}" in header[0]
    assert header[1].startswith("# Measured: ")


def test_a_row_has_every_seed_of_every_dataset() -> None:
    configs = list(row_configs("quick_mlp", ["trainer=cpu", "row.datasets=[mnist,fashion_mnist]"]))
    runs = [(config["data"]["name"], config["seed"]) for config in configs]
    assert runs == [(name, seed) for name in ("mnist", "fashion_mnist") for seed in (0, 1)]


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("model=nosuch", "nosuch"),
        ("epoch=3", "epoch"),
        ("epohcs=3", "epohcs"),
        ("+epohcs=3", "epohcs"),
        ("protocol.nam=select", "nam"),
        ("seed=one", "one"),
        ("seed=1.5", "1.5"),
        ("batch_size=many", "many"),
        ("trainer=nosuch", "nosuch"),
        ("experiment=nosuch", "nosuch"),
    ],
)
def test_a_wrong_override_is_refused_in_one_line_that_names_it(override: str, said: str) -> None:
    with pytest.raises(BenchError) as refused:
        compose([override])
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "search path" not in str(refused.value)


def test_an_unknown_option_is_told_without_the_usage() -> None:
    with pytest.raises(BenchError, match=r"^unrecognized arguments: --nope$"):
        compose_command_line(["--nope"])


def test_an_unknown_bench_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BenchError, match="choose from full, published, quick"):
        experiments_of("nosuch")


def test_conf_files_say_each_key_once(tmp_path: Path) -> None:
    # YAML keeps the last of two equal keys without a word; OmegaConf's loader does not.
    for path in conf_dir().rglob("*.yaml"):
        OmegaConf.load(path)


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_no_row_mirrors_digits(experiment: str) -> None:
    config = compose([f"experiment={experiment}", "trainer=cpu"])
    if "mnist" in config["row"]["datasets"]:
        changes = config["data"]["augmentations"].values()
        assert not [each for each in changes if "Flip" in each["_target_"]]
        assert not config["test_time_flip"]


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_an_experiment_alone_trains_on_a_dataset_of_its_row(experiment: str) -> None:
    config = compose([f"experiment={experiment}", "trainer=cpu"])
    assert config["data"]["name"] in config["row"]["datasets"]
