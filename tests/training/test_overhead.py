"""What is left out of Lightning's steps is only what nobody does."""

from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.demos.boring_classes import BoringModel
from pytorch_lightning.trainer import call

from fmnist_bench.training.overhead import STEP_HOOKS, NoProfiler, without_empty_hooks

STEPS = 3


class Silent(Callback):
    """Does nothing in a step."""


class Inherits(Callback):
    def on_after_backward(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.seen = getattr(self, "seen", 0) + 1


class Deeper(Inherits):
    """Acts through the class that it comes from."""


def _trained(callbacks: list[Callback], folder: Path, **more: Any) -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    model = BoringModel()
    trainer = pl.Trainer(
        accelerator="cpu",
        default_root_dir=folder,
        callbacks=callbacks,
        max_steps=STEPS,
        limit_val_batches=0,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        **more,
    )
    trainer.fit(model)
    return model.state_dict()


def _acting_on(hook: str) -> tuple[Callback, list[int]]:
    calls: list[int] = []

    def act(self: Callback, *arguments: object, **named: object) -> None:
        calls.append(1)

    return type("Acting", (Callback,), {hook: act})(), calls


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("hook", STEP_HOOKS)
def test_a_hook_that_does_something_is_called_at_every_step(hook: str, tmp_path: Path) -> None:
    callback, calls = _acting_on(hook)
    _trained(without_empty_hooks([callback]), tmp_path, profiler=NoProfiler())
    assert len(calls) == STEPS


@pytest.mark.filterwarnings("ignore")
def test_an_inherited_hook_counts_and_the_weights_are_those_of_a_plain_trainer(
    tmp_path: Path,
) -> None:
    deeper = Deeper()
    lean = _trained(without_empty_hooks([deeper, Silent()]), tmp_path, profiler=NoProfiler())
    assert deeper.seen == STEPS
    plain = _trained([Silent()], tmp_path)
    assert all(torch.equal(lean[name], plain[name]) for name in plain)


def test_step_hooks_are_all_that_lightning_calls_in_a_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str] = []
    calls = call._call_callback_hooks

    def listen(trainer: pl.Trainer, hook: str, *arguments: Any, **named: Any) -> None:
        names.append(hook)
        calls(trainer, hook, *arguments, **named)

    monkeypatch.setattr(call, "_call_callback_hooks", listen)
    _trained([Silent()], tmp_path)
    assert {name for name in names if names.count(name) == STEPS} == set(STEP_HOOKS)
