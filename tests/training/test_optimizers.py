"""Optimizers, their rules for single parameters, and their modes, all by config alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from fmnist_bench.config.build import build
from fmnist_bench.config.compose import compose_command_line
from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.prepare import prepare
from fmnist_bench.records.spec import Spec
from fmnist_bench.training.parameter_groups import parameter_groups
from fmnist_bench.training.run import run

MakeSpec = Callable[..., Spec]
pytestmark = pytest.mark.filterwarnings("ignore")


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(784, 4), nn.BatchNorm1d(4))
        self.head = nn.Linear(4, 10)


def groups_of(net: nn.Module, *rules: dict[str, Any], decay: bool = False) -> list[Any]:
    """Return (names, options) of each group."""
    names = {id(parameter): name for name, parameter in net.named_parameters()}
    groups = parameter_groups(net, rules, decay_norm_and_bias=decay)
    return [(sorted(names[id(each)] for each in group.pop("params")), group) for group in groups]


MATRICES = ["body.1.weight", "head.weight"]
VECTORS = ["body.1.bias", "body.2.bias", "body.2.weight", "head.bias"]


def test_biases_and_norms_are_not_decayed_unless_asked() -> None:
    assert groups_of(Net()) == [(MATRICES, {}), (VECTORS, {"weight_decay": 0.0})]
    assert groups_of(Net(), decay=True) == [(sorted(MATRICES + VECTORS), {})]


def test_frozen_parameters_are_not_optimised() -> None:
    net = Net()
    net.head.requires_grad_(False)
    assert groups_of(net) == [(MATRICES[:1], {}), (VECTORS[:3], {"weight_decay": 0.0})]


def test_a_parameter_gets_the_options_of_every_rule_that_names_it_the_last_ones_first() -> None:
    head = {"parameters": "head.*", "lr": 0.1}
    norm = {"parameters": ["body.2.*", "nothing"], "weight_decay": 0.5}
    flat = {"dimensions": 1, "lr": 0.2}
    undecayed = {"weight_decay": 0.0}
    assert groups_of(Net(), head, norm) == [
        (["body.1.weight"], {}),
        (["head.weight"], {"lr": 0.1}),
        (["body.1.bias"], undecayed),
        (["body.2.bias", "body.2.weight"], {"weight_decay": 0.5}),
        (["head.bias"], undecayed | {"lr": 0.1}),
    ]
    assert groups_of(Net(), head, flat)[-1] == (["head.bias"], undecayed | {"lr": 0.2})
    assert groups_of(Net(), flat, head)[-1] == (["head.bias"], undecayed | {"lr": 0.1})


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (
            ["model.parameter_groups=[{dimensions: 1, lr: 1},{parameters: hed.*, lr: 1}]"],
            "model.parameter_groups.1: names no parameter of MLP (parameters=hed.*); it has",
        ),
        (
            ["model.parameter_groups=[{dimensions: 3, lr: 1}]"],
            "parameter_groups.0: names no parameter of MLP (dimensions=3)",
        ),
        (
            ["model.parameter_groups=[{dimensions: 1, lrr: 1}]"],
            "model.parameter_groups.0: torch.optim.adamw.AdamW has no option lrr; choose from",
        ),
        (
            ["model.parameter_groups=[{dimensions: 1, use_fallback: true}]"],
            "AdamW has no option use_fallback",
        ),
        (["model.parameter_groups=[{lr: 1}]"], "expected parameters (a pattern) or dimensions"),
        (["model.parameter_groups=[{dimensions: 1}]"], "and options such as lr"),
        (["optimizer.lr=-1"], "optimizer: Invalid learning rate"),
        (
            ["optimizer=any", "optimizer._target_=torch.optim.Muon", "optimizer.lr=0.1"],
            "optimizer: Muon only supports 2D parameters",
        ),
    ],
)
def test_a_rule_that_cannot_be_followed_is_one_line(
    make_spec: MakeSpec, overrides: list[str], said: str
) -> None:
    model = build(make_spec(*overrides).config["model"], "model")
    with pytest.raises(BenchError) as refused:
        model.make_optimizer()
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_muon_moves_matrices_and_adamw_the_rest(make_spec: MakeSpec) -> None:
    overrides = ["optimizer=muon", "optimizer.ns_coefficients=original", "optimizer.eps=1e-7"]
    rule = "model.parameter_groups=[{parameters: *.weight, weight_decay: 0.1}]"
    model = build(make_spec(*overrides, rule).config["model"], "model")
    other = build(make_spec(*overrides).config["model"], "model")
    other.load_state_dict(model.state_dict())
    parameters, others = list(model.net.parameters()), list(other.net.parameters())
    matrices = [each for each in others if each.ndim == 2]
    optimizers = [
        model.make_optimizer(),
        torch.optim.Muon(
            matrices, lr=0.001, weight_decay=0.1, nesterov=False, adjust_lr_fn="match_rms_adamw"
        ),
        torch.optim.AdamW(
            [each for each in others if each.ndim == 1], lr=0.001, eps=1e-7, weight_decay=0.0
        ),
    ]
    before = [each.detach().clone() for each in parameters]
    for _ in range(2):
        for mine, theirs in zip(parameters, others, strict=True):
            mine.grad = theirs.grad = torch.randn_like(mine)
        for optimizer in optimizers:
            optimizer.step()
    for mine, theirs, start in zip(parameters, others, before, strict=True):
        # Both round their iterations to bf16, each in its own order.
        torch.testing.assert_close(mine - start, theirs - start, rtol=0.1, atol=5e-5)


def test_muon_trains_a_net_of_convolutions(make_spec: MakeSpec) -> None:
    record = run(
        make_spec("model=cnn", "optimizer=muon", "model.net.hidden=16", "optimizer.lr=0.01")
    )
    assert record is not None and record.history
    losses = [epoch.validation_loss or 9 for epoch in record.history]
    assert losses == sorted(losses, reverse=True) and losses[-1] < losses[0] - 0.1


@pytest.mark.parametrize(
    "overrides",
    [
        ["optimizer=rmsprop"],
        ["optimizer=any", "optimizer._target_=torch.optim.RMSprop", "optimizer.alpha=0.9"],
    ],
)
def test_any_class_takes_its_own_arguments_alone(make_spec: MakeSpec, overrides: list[str]) -> None:
    record = run(make_spec(*overrides, "optimizer.lr=0.001"))
    assert record is not None and record.validation is not None and record.recipe is not None
    assert record.validation.accuracy > 0.5
    assert record.recipe["model"]["optimizer"]["_target_"] == "torch.optim.RMSprop"
    assert record.recipe["model"]["optimizer"].keys().isdisjoint({"betas", "fused"})


SCHEDULE_FREE = '''
import torch


class Averaged(torch.optim.Optimizer):
    """SGD whose result is the mean of all steps' weights, under the interface of schedulefree."""

    log = []

    def __init__(self, params, lr):
        super().__init__(params, {"lr": lr, "train_mode": False, "steps": 0})

    @torch.no_grad()
    def _turn(self, train):
        self.log.append("train" if train else "eval")
        for group in self.param_groups:
            if group["train_mode"] != train:
                for p in group["params"]:
                    if p in self.state:
                        other = self.state[p]["other"]
                        self.state[p]["other"] = p.clone()
                        p.copy_(other)
            group["train_mode"] = train

    def train(self):
        self._turn(True)

    def eval(self):
        self._turn(False)

    @torch.no_grad()
    def step(self, closure=None):
        with torch.enable_grad():
            loss = None if closure is None else closure()
        for group in self.param_groups:
            assert group["train_mode"]
            group["steps"] += 1
            for p in group["params"]:
                p.sub_(p.grad, alpha=group["lr"])
                self.state[p].setdefault("other", p.clone()).lerp_(p, 1 / group["steps"])
        return loss
'''
OPTIMIZER = """
# @package _global_
optimizer: {_target_: %s.Averaged, _partial_: true, lr: 0.1}
model:
  parameter_groups:
    - {parameters: 'classifier.*', dimensions: 1, lr: 0.2}
"""


@pytest.fixture
def averaged(
    small_overrides: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> MakeSpec:
    """Make a spec with an optimizer from a folder outside the package."""
    module = f"schedule_free_{abs(hash(request.node.nodeid))}"
    (tmp_path / f"{module}.py").write_text(SCHEDULE_FREE)
    folder = tmp_path / "conf" / "optimizer"
    folder.mkdir(parents=True)
    (folder / "averaged.yaml").write_text((OPTIMIZER % module).lstrip())
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(*overrides: str) -> Spec:
        chosen = ["--config-dir", str(tmp_path / "conf"), "optimizer=averaged", "schedule=constant"]
        (config,) = compose_command_line([*chosen, *small_overrides, *overrides])
        return prepare(config, print)

    return make


@pytest.mark.parametrize("weights", ["best", "last"])
def test_an_optimizer_with_two_modes_is_judged_by_its_result(
    averaged: MakeSpec, weights: str
) -> None:
    spec = averaged(f"protocol.weights={weights}", "precision=32-true")
    record = run(spec)
    assert record is not None and record.history and record.validation and record.selection
    accuracies = [epoch.validation_accuracy or 0 for epoch in record.history]
    assert record.validation.accuracy > 0.5
    if weights == "best":
        assert record.selection.weights == "best"
        assert record.validation.accuracy == pytest.approx(max(accuracies))
    else:
        assert record.validation.accuracy == pytest.approx(accuracies[-1])
    # The same by hand: the mean of what plain SGD passes through.
    if weights == "last":
        mean = _mean_of_sgd(spec)
        for name, value in load_file(spec.folder / "weights.safetensors").items():
            torch.testing.assert_close(value, mean[name], rtol=1e-3, atol=1e-4)


def _mean_of_sgd(spec: Spec) -> dict[str, torch.Tensor]:
    from fmnist_bench.data.batches import Shard
    from fmnist_bench.training.speed import prepare_torch

    prepare_torch(spec.config)
    data = build(spec.config["data"], "data")
    model = build(spec.config["model"], "model")
    data.setup("fit")
    steps: list[dict[str, torch.Tensor]] = []
    for epoch in range(3):
        for images, labels in data.train_batches(
            torch.device("cpu"), epoch=lambda epoch=epoch: epoch, shard=Shard(0, 1)
        ):
            model.zero_grad()
            loss, _ = model.loss_of(images, labels)
            loss.backward()
            with torch.no_grad():
                for parameter in model.net.parameters():
                    parameter -= (0.2 if parameter.ndim == 1 else 0.1) * parameter.grad
            steps.append({name: each.clone() for name, each in model.net.state_dict().items()})
    return {name: torch.stack([step[name] for step in steps]).mean(0) for name in steps[0]}


def test_a_killed_run_of_two_modes_ends_with_the_same_bits(averaged: MakeSpec) -> None:
    whole, broken = averaged(), averaged("protocol.weights=best", "row.name=broken")
    run(whole)
    state = load_file(whole.folder / "weights.safetensors")

    class Killed(Exception):
        pass

    from pytorch_lightning.callbacks import Callback

    class Kill(Callback):
        def on_train_batch_start(self, trainer: Any, *arguments: Any) -> None:
            if trainer.current_epoch == 2 and trainer.global_step > 20:
                raise Killed

    (broken.folder).mkdir(parents=True, exist_ok=True)
    with pytest.raises(Killed):
        run(broken, [Kill()])
    run(broken)
    for name, value in load_file(broken.folder / "weights.safetensors").items():
        assert torch.equal(value, state[name]), name
