"""Every file in conf/ composes, and wrong overrides are refused in one line."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from omegaconf import DictConfig, OmegaConf

from fmnist_bench.config.compose import Composer, compose, compose_command_line
from fmnist_bench.config.freeze import freeze
from fmnist_bench.config.kinds import SOURCES
from fmnist_bench.data.facts import DATASETS
from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.plan import plan
from fmnist_bench.jobs.rows import experiments_of, row_configs
from fmnist_bench.paths import conf_dir

EXPERIMENTS = sorted(path.stem for path in (conf_dir() / "experiment").glob("*.yaml"))
Experiments = dict[str, dict[str, DictConfig]]


def test_every_experiment_composes_to_a_row_of_its_own_name(experiments: Experiments) -> None:
    for name, by_trainer in experiments.items():
        for composed in by_trainer.values():
            config = freeze(composed)
            assert config["row"]["name"] == name
            assert set(config["row"]["datasets"]) <= set(DATASETS), name
            assert config["data"]["name"] in config["row"]["datasets"], name


def test_no_row_mirrors_digits(experiments: Experiments) -> None:
    looked_at = 0
    for name, by_trainer in experiments.items():
        config = freeze(by_trainer["cpu"])
        if "mnist" in config["row"]["datasets"]:
            looked_at += 1
            augmentations = config["data"]["augmentations"].values()
            assert not [each for each in augmentations if "Flip" in each["_target_"]], name
            assert not config["test_time_flip"], name
    assert looked_at > 3


def test_every_experiment_is_run_by_a_bench() -> None:
    listed = [
        name
        for bench in ("quick", "full", "published", "classical")
        for name in experiments_of(bench)
    ]
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
        ("seed=one", "one"),
        ("seed=1.5", "1.5"),
        ("batch_size=many", "many"),
        ("drop_last=perhaps", "perhaps"),
        ("label_smoothing=much", "much"),
        ("protocol.validation=some", "some"),
        ("row.seeds=few", "few"),
        ("speed.threads=all", "all"),
        ("time_limit_seconds=soon", "soon"),
        ("experiment=nosuch", "nosuch"),
    ],
)
def test_a_wrong_override_is_refused_in_one_line_that_names_it(override: str, said: str) -> None:
    with pytest.raises(BenchError) as refused:
        compose([override])
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "search path" not in str(refused.value)


UNREAD = [
    (["loss=openface_triplet"], "label_smoothing=0.1"),
    (["model=mlp", "~model.schedule"], "schedule.final_fraction=0.1"),
    (["model=mlp", "~model.optimizer"], "optimizer.lr=0.1"),
    (["trainer.gradient_clip_val=0.1"], "grad_clip=1"),
    (["trainer.limit_train_batches=2", "trainer=smoke"], "limit_batches=3"),
]


@pytest.mark.parametrize("way", [compose, compose_command_line])
@pytest.mark.parametrize(("others", "override"), UNREAD)
def test_a_value_that_nothing_reads_is_refused(
    way: Callable[[list[str]], object], others: list[str], override: str
) -> None:
    key, name = override.split("=")[0], override.split("=")[0].split(".")[0]
    with pytest.raises(BenchError, match=rf"^{key}: nothing in this config reads {name}, so"):
        way([*others, override])


def test_one_composer_asks_each_config_anew_what_it_reads() -> None:
    with Composer.ready() as composer:
        assert composer.config(["grad_clip=1"])["trainer"]["gradient_clip_val"] == 1
        with pytest.raises(BenchError, match=r"^grad_clip: nothing in this config reads"):
            composer.config(["grad_clip=1", "trainer.gradient_clip_val=0.1"])
        assert composer.config(["grad_clip=2"])["trainer"]["gradient_clip_val"] == 2


def test_a_list_of_a_group_and_no_list_are_the_same() -> None:
    assert compose(["callbacks=ema"]) == compose(["callbacks=[ema]"])
    both = compose(["callbacks=[ema,early_stopping]", "callbacks.ema.decay=0.9"])["callbacks"]
    assert [*both] == ["ema", "early_stopping"] and both["ema"]["decay"] == 0.9


def test_cfg_job_shows_what_would_run(capsys: pytest.CaptureFixture[str]) -> None:
    overrides = ["experiment=speedrun_cpu", "+trainer.accumulate_grad_batches=2", "seed=3"]
    assert plan(["--cfg", "job", "--resolve", *overrides]) is None
    shown = yaml.safe_load(capsys.readouterr().out)
    config = compose(overrides)
    config["paths"]["outputs"] = Path(config["paths"]["outputs"]).name  # is made absolute
    assert {key: shown[key] for key in config} == config
    assert {*shown} - {*config} == {*SOURCES}
    assert plan(["--cfg", "job", *overrides]) is None
    assert "optimizer: ${optimizer}" in capsys.readouterr().out


def test_an_unknown_option_is_told_without_the_usage() -> None:
    with pytest.raises(BenchError, match=r"^unrecognized arguments: --nope$"):
        compose_command_line(["--nope"])


def test_an_unknown_bench_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BenchError, match="choose from classical, full, published, quick"):
        experiments_of("nosuch")


def test_conf_files_say_each_key_once(tmp_path: Path) -> None:
    # YAML keeps the last of two equal keys without a word; OmegaConf's loader does not.
    for path in conf_dir().rglob("*.yaml"):
        OmegaConf.load(path)
