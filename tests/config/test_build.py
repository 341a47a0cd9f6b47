"""What a node says when it cannot be built: one line with the key that is typed."""

from typing import Any

import pytest
from torch import nn

from fmnist_bench.config.build import build
from fmnist_bench.config.compose import compose
from fmnist_bench.errors import BenchError

COMMON = ["model=mlp", "trainer=cpu", "optimizer=sgd", "augment=flip", "callbacks=[early_stopping]"]
NODES = {  # as it is typed: (the node that is built, the key that is named)
    "data": ("data", "data"),
    "augment.flip": ("data", "data.augmentations.flip"),
    "model": ("model", "model"),
    "model.net": ("model", "model.net"),
    "model.loss": ("model", "model.loss"),
    "optimizer": ("model", "model.optimizer"),
    "schedule": ("model", "model.schedule"),
    "trainer": ("trainer", "trainer"),
    "callbacks.early_stopping": ("callbacks", "callbacks.early_stopping"),
    "logger.csv": ("logger", "logger.csv"),
}


@pytest.mark.parametrize("plus", ["", "+"])
@pytest.mark.parametrize("typed", NODES)
def test_an_unknown_argument_is_refused_wherever_it_stands(typed: str, plus: str) -> None:
    node, key = NODES[typed]
    config = compose([*COMMON, f"{plus}{typed}.nosuch=1"])
    with pytest.raises(BenchError, match=rf"^{key}\.nosuch: \S+ takes no nosuch; drop it with ~"):
        build(config[node], node)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("optimizer.nestrov=true", "SGD takes no nestrov; did you mean nesterov?"),
        ("model.net.hiden=[3]", "MLP takes no hiden; did you mean hidden?"),
        ("schedule.warmup=1", "cosine takes no warmup; did you mean warmup_epochs?"),
        ("model.nett.x=3", "Classifier takes no nett; did you mean net?"),
        ("~model.net.hidden", "MLP wants 'hidden' as well; add it"),
        ("~model.net.dropout", "MLP wants 'dropout' as well; add it"),
        ("model.net._target_=torch.nn.Nosuch", "model.net._target_: torch.nn.Nosuch cannot be"),
        ("model.net._target_=fmnist_bench.nets.cnn", "model.net._target_: fmnist_bench.nets.cnn "),
        ("model.net._target_=nosuch.Net", "model.net._target_: nosuch.Net cannot be found"),
        ("optimizer._target_=torch.optim.Nosuch", "model.optimizer._target_: torch.optim.Nosuch"),
        ("optimizer._target_=nosuch.Sgd", "model.optimizer._target_: nosuch.Sgd cannot be found"),
        ("optimizer._target_=7", "model.optimizer._target_: 7 cannot be found"),
        ("model.net.hidden=many", "model.net: fmnist_bench.nets.mlp.MLP: "),
    ],
)
def test_what_is_wrong_is_one_line(override: str, said: str) -> None:
    with pytest.raises(BenchError) as refused:
        build(compose([*COMMON, override])["model"], "model")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("target", ["builtins.dict", "types.SimpleNamespace"])
def test_what_takes_any_argument_takes_it(target: str) -> None:
    made = build({"_target_": target, "_partial_": True, "anything": 1}, "x")()
    assert getattr(made, "__dict__", made) == {"anything": 1}


def test_containers_are_plain_and_arguments_are_added() -> None:
    node: dict[str, Any] = {"_target_": "builtins.dict", "a": {"b": [1, {"c": None}]}}
    made = build(node, "x", more=2)
    assert made == {"a": {"b": [1, {"c": None}]}, "more": 2}
    assert type(made["a"]) is dict and type(made["a"]["b"]) is list


def test_a_config_builds_what_it_names() -> None:
    model = build(compose([*COMMON, "model.net.hidden=[7]"])["model"], "model")
    sizes = [each.out_features for each in model.net.modules() if isinstance(each, nn.Linear)]
    assert sizes == [7, 10]
