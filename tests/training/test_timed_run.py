"""What a timed run does before and beside its training."""

import copy
import time
from collections.abc import Callable
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from safetensors.torch import load_file

from fmnist_bench.config.build import build
from fmnist_bench.data.datamodule import ImageDataModule
from fmnist_bench.nets.speed_cnn import SpeedCNN
from fmnist_bench.records.record import Record
from fmnist_bench.records.spec import Spec
from fmnist_bench.training import weights
from fmnist_bench.training.clock import Clock
from fmnist_bench.training.run import run
from fmnist_bench.training.warm_up import warm_up

MakeSpec = Callable[..., Spec]
CPU = torch.device("cpu")
SPEED_CNN = ("model=speed_cnn", "epochs=2", "optimizer.lr=0.01")
FINAL = ("protocol=final", "protocol.validation=0")


def finished(spec: Spec) -> Record:
    record = run(spec)
    assert record is not None
    return record


def parts(spec: Spec) -> tuple[Any, ImageDataModule]:
    data = build(spec.config["data"], "data")
    data.setup("fit")
    return build(spec.config["model"], "model"), data


def test_the_warm_up_leaves_no_trace(make_spec: MakeSpec) -> None:
    spec = make_spec(*SPEED_CNN, "warm_up_steps=2", "eval_batch_size=50")
    model, data = parts(spec)
    before = copy.deepcopy(model.net.state_dict())
    seen: list[torch.Tensor] = []
    hook = model.net.register_forward_pre_hook(lambda net, args: seen.append(args[0]))
    warm_up(model, data, spec.config, pl.Trainer(accelerator="cpu", logger=False))
    hook.remove()
    assert [len(images) for images in seen] == [32, 32, 50]
    for name, value in model.net.state_dict().items():
        assert torch.equal(value, before[name]), name
    assert all(parameter.grad is None for parameter in model.net.parameters())
    assert model.net.training


def test_the_warm_up_shows_no_training_image(make_spec: MakeSpec) -> None:
    _, data = parts(make_spec(*SPEED_CNN))
    noise = torch.cat([images for images, _ in data.noise_batches(3, CPU)]).flatten(1)
    real = data.training_images(300, CPU).flatten(1)
    assert noise.shape == (96, 784)
    correlation = torch.corrcoef(torch.cat([noise, real]))[:96, 96:]
    assert float(correlation.abs().max()) < 0.2


def test_a_timed_run_learns_what_an_untimed_one_does(make_spec: MakeSpec) -> None:
    untimed, timed = make_spec(*SPEED_CNN), make_spec(*SPEED_CNN, "warm_up_steps=2")
    assert untimed.identity != timed.identity
    without, with_clock = finished(untimed), finished(timed)
    assert without.timed_seconds is None
    assert with_clock.predictions_digest == without.predictions_digest
    one, other = (load_file(spec.folder / weights.FILE_NAME) for spec in (untimed, timed))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_the_time_covers_all_epochs_and_no_validation(make_spec: MakeSpec) -> None:
    started = time.perf_counter()
    record = finished(make_spec(*SPEED_CNN, "warm_up_steps=1", *FINAL))
    passed = time.perf_counter() - started
    assert record.timed_seconds is not None
    assert record.train_seconds is not None
    assert record.train_seconds < record.timed_seconds < passed


def test_the_clock_stands_still_while_validating(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([10.0, 12.0, 15.0, 20.0, 26.0, 30.0])
    monkeypatch.setattr(time, "perf_counter", lambda: next(now))
    clock, module = Clock(), torch.nn.Linear(1, 1)
    module.device = CPU  # type: ignore[assignment]
    trainer: Any = type("Trainer", (), {"ckpt_path": None})
    arguments: Any = (trainer, module)
    clock.setup(*arguments, stage="fit")  # 10
    for _ in range(2):
        clock.on_validation_start(*arguments)  # 12, 20
        clock.on_validation_end(*arguments)  # 15, 26
    assert clock.read(CPU) == (30 - 10) - (15 - 12) - (26 - 20)


def test_a_resumed_run_tells_no_time() -> None:
    clock = Clock()
    trainer: Any = type("Trainer", (), {"ckpt_path": "resume.ckpt"})
    clock.setup(trainer, torch.nn.Linear(1, 1), stage="fit")  # type: ignore[arg-type]
    assert clock.read(CPU) is None


def test_the_first_layer_is_computed_from_training_images(make_spec: MakeSpec) -> None:
    spec = make_spec(*SPEED_CNN)
    finished(spec)
    model, data = parts(spec)
    expected: SpeedCNN = model.net
    expected.initialise_from(data.training_images(2000, CPU))
    scored = load_file(spec.folder / weights.FILE_NAME)["whiten.weight"]
    torch.testing.assert_close(scored, expected.whiten.weight.detach())
