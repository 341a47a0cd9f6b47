"""What is said to a mistyped override, on both ways to a config."""

from collections.abc import Callable

import pytest

from fmnist_bench.config.compose import compose, compose_command_line
from fmnist_bench.config.refusal import in_one_line, nearest_key
from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.plan import plan

SAID = [
    (["epoch=3"], "epoch: the config has no such key; did you mean epochs?"),
    (["lr=0.1"], "lr: the config has no such key; did you mean optimizer.lr?"),
    (["expriment=cnn"], "expriment: the config has no such key; did you mean experiment?"),
    (["protocol.weight=1"], "protocol.weight: the config has no such key; did you mean protocol."),
    (
        ["speed.cores=3"],
        "speed.cores: the config has no such key; speed has threads, channels_last, compile",
    ),
    (["zzzz=1"], "zzzz: the config has no such key; --cfg job shows the keys"),
    (["+zzzz=1"], "zzzz: the config has no such key; --cfg job shows the keys"),
    (["+epoch=1"], "epoch: the config has no such key; did you mean epochs?"),
    (["+protocol.weight=1"], "protocol.weight: the config has no such key; did you mean protocol."),
    (["+row.nam=x"], "row.nam: the config has no such key; did you mean row.name?"),
    (["+speed.cores=3"], "speed.cores: the config has no such key; --cfg job shows the keys"),
    (["+paths.output=x"], "paths.output: the config has no such key; did you mean paths.outputs?"),
    (["+fastest.cpu.thread=1"], "fastest.cpu.thread: the config has no such key; did you mean"),
    (["~model.nett"], "model.nett: the config has no such key; did you mean model.net?"),
    (["~model.init"], "model.init: has no value that could be dropped; leave it away"),
    (["model=vggg"], "model=vggg: no such file in conf/model; did you mean vgg? choose from a"),
    (["callbacks=[emaa]"], "no such file in conf/callbacks; did you mean ema? choose from early"),
    (["data=x"], "data=x: no such file in conf/data; choose from fashion_mnist, idx, mnist"),
    (["optimizer=adan"], "did you mean adam? choose from adagrad, adam, adamw, amsgradw, any"),
]
WAYS: list[Callable[[list[str]], object]] = [
    compose,
    compose_command_line,
    plan,
    lambda overrides: plan(["-m", "seed=0,1", *overrides]),
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("overrides", "said"), SAID)
def test_what_may_have_been_meant_is_named(
    way: Callable[[list[str]], object], overrides: list[str], said: str
) -> None:
    with pytest.raises(BenchError) as refused:
        way(overrides)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_second_mistake_takes_the_hint_and_not_the_message() -> None:
    with pytest.raises(BenchError, match=r"^epoch: the config has no such key|^model=vggg: "):
        compose_command_line(["epoch=3", "model=vggg"])


def test_flags_that_exclude_each_other_are_one_line() -> None:
    with pytest.raises(BenchError, match="Only one of"):
        plan(["-m", "seed=0,1", "--info", "--cfg", "job"])


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("lr", "optimizer.lr"),  # not schedule.deep.lr, which lies deeper
        ("optimizer.lrr", "optimizer.lr"),
        ("optimizer.decay", None),
        ("epoch", "epochs"),
        ("optimzer.lr", "optimizer.lr"),
    ],
)
def test_the_nearest_key(key: str, meant: str | None) -> None:
    known = ["schedule", "schedule.deep.lr", "optimizer", "optimizer.lr", "epochs"]
    assert nearest_key(key, known) == meant


def test_what_is_neither_key_nor_file_keeps_hydras_words() -> None:
    told = "Error merging override epochs=x\nValue 'x' is no Integer\nSet HYDRA_FULL_ERROR=1"
    assert in_one_line(told, list) == "Error merging override epochs=x Value 'x' is no Integer"
