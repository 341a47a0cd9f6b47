"""Configs composed by the thousand are those that are composed one by one."""

import random

import pytest

from fmnist_bench.config.compose import Composer
from fmnist_bench.config.many import Many
from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.expand import expand

SWEEPS = [
    ["seed=range(0,6)", "optimizer.lr=0.1,1e-2,3", "model=mlp,cnn", "epochs=2,3"],
    # What others are computed from: the precision, a label, the fastest settings.
    ["model=timm", "model.net.architecture=resnet18,resnet34", "model.net.input_size=28,56"],
    ["trainer.accelerator=cpu,gpu", "fastest.cpu.precision=16-true,64-true", "seed=1,2"],
    ["precision=bf16-mixed,32-true", "label_smoothing=0,0.1", "batch_size=64,128"],
    ["experiment=quick_mlp,cnn_best", "optimizer.lr=0.5,0.25", "seed=4,5"],
    ["optimizer={lr:0.3},{lr:0.4}", "optimizer.weight_decay=0.1,0.2"],
    ["augment=flip,none", "data.name='a b',c", "grad_clip=null,1", "drop_last=true,false"],
    ["optimizer=sgd", "+optimizer.maximize=true,false", "model.net.hidden=[10],[20,30]"],
    ["paths.outputs=one,two", "time_limit_seconds=null,7", "speed.threads=1,2"],
]


@pytest.mark.parametrize("overrides", SWEEPS)
def test_each_config_is_the_one_that_is_composed_alone(overrides: list[str]) -> None:
    with Composer.ready() as composer:
        jobs = expand(composer, ["trainer=cpu", *overrides])
        many = Many(composer)
        configs = [many.config(job) for job in jobs]
        chosen = random.Random(0).sample(range(len(jobs)), min(6, len(jobs)))
        for place in {0, len(jobs) - 1, *chosen}:
            alone = composer.config([word.text for word in jobs[place]])
            assert configs[place] == alone
            assert repr(configs[place]) == repr(alone)  # an int is no float


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (["seed=1,2,x"], "'x'"),
        (["epochs=1,2.5"], "2.5"),
        (["optimizer.lr=0.1,0.2", "seed=0,1", "epohcs=3"], "did you mean epochs?"),
        (["data.folder=a,https://me:secret@host/x"], "data.folder: this URL carries a user"),
    ],
)
def test_a_value_that_is_wrong_is_refused_wherever_it_comes(
    overrides: list[str], told: str
) -> None:
    with Composer.ready() as composer, pytest.raises(BenchError) as refused:
        many = Many(composer)
        for job in expand(composer, overrides):
            many.config(job)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)
