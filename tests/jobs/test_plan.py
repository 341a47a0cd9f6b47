"""Sweeps are expanded as Hydra's own command line expands them."""

from pathlib import Path

import pytest

from fmnist_bench.config.compose import Composer, compose, compose_command_line
from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.launchers.one_by_one import OneByOne
from fmnist_bench.jobs.launchers.ray import RayLauncher
from fmnist_bench.jobs.launchers.slurm import SlurmLauncher
from fmnist_bench.jobs.plan import expand, plan


@pytest.mark.parametrize(
    "overrides",
    [
        ["seed=0,1", "optimizer.lr=0.1,0.2", "model=mlp,cnn"],
        ["experiment=quick_mlp,linear", "seed=range(2)", "epochs=3"],
        ["model=mlp", "model.net.hidden=[10],[20,30]", "row.name='a b'"],
        ["optimizer=sgd", "optimizer.lr=1e-3,1e-2", "+optimizer.maximize=true"],
        ["seed=3", "augment=crop_flip", "~fastest.gpu"],
        ["epochs=1", "epochs=2,3"],
        ["augment=flip", "speed.threads=null,2", "callbacks=[ema]", "callbacks.ema.decay=0.5"],
    ],
)
def test_every_job_gets_the_config_that_hydra_gives_it(
    overrides: list[str], tmp_path: Path
) -> None:
    words = ["-m", *overrides, "trainer=cpu", f"paths.outputs={tmp_path}"]
    expected = compose_command_line(words)
    planned = plan(words)
    assert planned is not None
    assert planned.configs == expected
    assert len(expected) > 1 or "seed=3" in overrides
    assert planned.launcher == OneByOne()


def test_what_one_job_sets_does_not_reach_the_next() -> None:
    with Composer.ready() as composer:
        changed = composer.config(["model=mlp", "model.net.hidden=[7]", "seed=5"])
        plain = composer.config(["model=mlp"])
    assert changed["model"]["net"]["hidden"] == [7]
    assert plain["model"]["net"]["hidden"] != [7]
    assert plain["seed"] == 0


def test_the_launcher_is_chosen_with_hydras_word_and_settings() -> None:
    words = ["-m", "seed=1,2", "hydra/launcher=ray", "hydra.launcher.ray.remote.num_gpus=0.25"]
    planned = plan(words)
    assert planned is not None
    assert isinstance(planned.launcher, RayLauncher)
    assert planned.launcher.ray["remote"]["num_gpus"] == 0.25
    assert planned.launcher.here
    assert len(planned.configs) == 2
    assert "hydra" not in planned.configs[0]
    cluster = plan(["hydra/launcher=ray_cluster"])
    assert cluster is not None
    assert not cluster.launcher.here
    slurm = plan(["hydra/launcher=slurm", "paths.outputs=there"])
    assert slurm is not None
    assert isinstance(slurm.launcher, SlurmLauncher)
    assert slurm.launcher.folder == "there/slurm"


def test_what_only_hydra_can_do_is_left_to_hydra(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert plan(["--cfg", "hydra", "--package", "hydra.launcher", "hydra/launcher=ray"]) is None
    assert "RayLauncher" in capsys.readouterr().out
    words = ["-m", "hydra/launcher=ray", "hydra.job.name=x", "seed=1,2"]
    planned = plan([*words, f"paths.outputs={tmp_path}"])
    assert planned is not None
    assert [config["seed"] for config in planned.configs] == [1, 2]
    assert isinstance(planned.launcher, RayLauncher)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-m", "seed=range(0)"], "seed=range(0): sweeps over nothing"),
        (["-m", "seed=choice()"], "seed=choice()"),
        (["-m", "seed=interval(0,1)"], "to search an interval there is fmnist-bench tune search="),
        (["-m", "seed=1,2", "seed=3,4"], "seed: given several values twice"),
        (["-m", "zip=[{seed:1,epochs:2}]", "seed=3"], "seed: given several values twice"),
        (["-m", "zip={seed:[1,2],epochs:[3]}"], "pairs of unequal length: seed has 2, epochs has"),
        (["-m", "zip=[{seed:1,epochs:2},{seed:3}]"], "pairs of unequal length: epochs is set in"),
        (["-m", "zip=[]"], "zip: expected a list of pairs"),
        (["zip=[{seed:1}]"], "zip: gives several jobs; add -m"),
        (["-m", "sweep=nosuch"], "sweep=nosuch: no conf/sweep/nosuch.yaml; choose from nets"),
        (["-m", "seed=1,2", "hydra.sweep.dir=here"], "paths.outputs=FOLDER"),
        (["hydra.run.dir=here"], "paths.outputs=FOLDER"),
        (["seed=1,2"], "seed=1,2"),
        (
            ["-m", "hydra/launcher=nosuch"],
            "hydra/launcher=nosuch: no such file in conf/hydra/launcher",
        ),
        (["-m", "hydra/launcher=ray", "hydra.launcher.cpus=3"], "hydra.launcher.cpus"),
        (["-m", "hydra/sweeper=optuna"], "to search there is fmnist-bench tune search=NAME"),
        (["-m", "epohcs=1,2"], "epohcs: the config has no such key; did you mean epochs?"),
        (["-m", "seed=1,x"], "'x'"),
        (["-m", "model=mlp,nosuch"], "nosuch"),
    ],
)
def test_a_wrong_sweep_is_refused_in_one_line(words: list[str], said: str) -> None:
    with pytest.raises(BenchError) as refusal:
        plan(words)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_jobs_come_in_the_order_of_the_words() -> None:
    with Composer.ready() as composer:
        jobs = expand(composer, ["a=1,2", "b=x,y", "c=0"])
    texts = [[word.text for word in job] for job in jobs]
    assert texts == [[f"a={a}", f"b={b}", "c=0"] for a in "12" for b in "xy"]


@pytest.mark.parametrize(
    "pairs",
    [
        "zip=[{model:mlp,optimizer.lr:0.1},{model:linear,optimizer.lr:0.01}]",
        "zip={model:[mlp,linear],optimizer.lr:[0.1,0.01]}",
    ],
)
def test_pairs_go_together_and_multiply_with_the_rest(pairs: str) -> None:
    planned = plan(["-m", "seed=1,2", pairs, "trainer=cpu"])
    assert planned is not None
    alone = [
        compose([f"seed={seed}", f"model={model}", f"optimizer.lr={rate}", "trainer=cpu"])
        for seed in (1, 2)
        for model, rate in (("mlp", 0.1), ("linear", 0.01))
    ]
    assert planned.configs == alone
    assert planned.asked[1].differing == {"seed": 1, "model": "linear", "optimizer.lr": 0.01}
    assert planned.asked[1].choices["model"] == "linear"
    assert len({asked.sweep for asked in planned.asked}) == 1


def test_a_sweep_may_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sweep").mkdir()
    (tmp_path / "sweep" / "mine.yaml").write_text(
        "overrides: ['seed=0,1']\n"
        "zip: [{model: mlp, model.net.hidden: [7, 8]}, {model: mlp, model.net.hidden: [9]}]\n"
    )
    monkeypatch.setattr("fmnist_bench.jobs.expand.conf_dir", lambda: tmp_path)
    planned = plan(["-m", "sweep=mine", "trainer=cpu"])
    assert planned is not None
    hidden = [config["model"]["net"]["hidden"] for config in planned.configs]
    assert hidden == [[7, 8], [9], [7, 8], [9]]
    assert {asked.sweep for asked in planned.asked} == {"mine"}
    (tmp_path / "sweep" / "bad.yaml").write_text("zop: []\n")
    with pytest.raises(BenchError, match="expected a list of pairs, or the keys zip and"):
        plan(["-m", "sweep=bad"])


def test_a_long_plan_says_so_at_once() -> None:
    said: list[str] = []
    planned = plan(["-m", "seed=range(0,600)", "trainer=cpu"], said.append)
    assert planned is not None
    assert len(planned.configs) == 600
    assert said[0] == "600 jobs to plan"


def test_a_flag_may_stand_between_overrides(tmp_path: Path) -> None:
    (tmp_path / "augment").mkdir()
    (tmp_path / "augment" / "mine.yaml").write_text("{}\n")
    for many in ([], ["-m"]):
        planned = plan(
            ["model=mlp", "--config-dir", str(tmp_path), "augment=mine", *many, "seed=3"]
        )
        assert planned is not None
        assert [config["seed"] for config in planned.configs] == [3]
