import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.check import refuse_repeated, refuse_unfit
from fmnist_bench.jobs.process import Processes
from fmnist_bench.records.environment import cores
from fmnist_bench.records.spec import Spec
from fmnist_bench.tracking.live import build_loggers


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    with Processes(fork=True) as started:
        yield started


MakeSpec = Callable[..., Spec]
DDP = ("trainer=ddp", "trainer.accelerator=cpu")


def test_a_run_listed_twice_is_refused_even_if_what_names_it_differs(make_spec: MakeSpec) -> None:
    one, two = make_spec("seed=1"), make_spec("seed=1", "row.name=other")
    refuse_repeated([one, make_spec("seed=2")])
    with pytest.raises(BenchError, match=r"other.*listed twice"):
        refuse_repeated([one, two])


def test_a_batch_must_divide_by_the_devices(make_spec: MakeSpec, processes: Processes) -> None:
    refuse_unfit([make_spec(*DDP, "batch_size=34")], processes, here=False)
    with pytest.raises(BenchError, match="batch_size: 33 does not divide by 2 devices"):
        refuse_unfit([make_spec(*DDP, "batch_size=33")], processes, here=False)


def test_more_devices_than_exist_are_refused_here_but_not_for_other_machines(
    make_spec: MakeSpec, processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = cores() + 1
    spec = make_spec(*DDP, f"trainer.devices={many}", f"batch_size={many}")
    refuse_unfit([spec], processes, here=False)
    with pytest.raises(BenchError, match=rf"trainer\.devices={many} .*{cores()} cores"):
        refuse_unfit([spec], processes, here=True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    refuse_unfit([make_spec("trainer=gpu", "trainer.devices=[1]")], processes, here=False)
    for wrong in ("trainer.devices=4", "trainer.devices=[2]"):
        with pytest.raises(BenchError, match=rf"{re.escape(wrong)}.*2 GPUs"):
            refuse_unfit([make_spec("trainer=gpu", wrong)], processes, here=True)


def test_outputs_that_cannot_be_written_are_refused(
    make_spec: MakeSpec, processes: Processes, tmp_path: Path
) -> None:
    # A file in the folder's place, because root may write into any folder.
    spec = make_spec()
    (tmp_path / "file").write_text("")
    config = {**spec.config, "paths": {"outputs": str(tmp_path / "file")}}
    with pytest.raises(BenchError, match=r"file/runs: cannot be written \(.*paths\.outputs"):
        refuse_unfit([Spec(config, spec.data_digest)], processes, here=True)
    refuse_unfit([spec], processes, here=True)
    assert [path.name for path in spec.folder.parent.iterdir()] == [spec.name]


def test_a_tracker_whose_package_is_missing_is_refused(
    make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = make_spec("logger=mlflow")
    build_loggers(spec.config)
    monkeypatch.setattr("fmnist_bench.tracking.tracker.find_spec", lambda package: None)
    with pytest.raises(BenchError, match=r'pip install "fmnist-bench\[mlflow\]"'):
        build_loggers(spec.config)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["epochs=0"], "epochs: 0, expected greater than or equal to 1"),
        (["seed=-1"], "seed"),
        (["batch_size=0"], "batch_size"),
        (["batch_size=100000"], "batch_size"),
        (["eval_batch_size=0"], "eval_batch_size"),
        (["limit_batches=0"], "trainer.limit_train_batches"),
        (["protocol.validation=70000"], "validation"),
        (["protocol=final", "protocol.validation=0", "schedule=plateau"], "schedule needs valid"),
        (["augment=crop", "augment.crop.padding=-1"], "padding"),
        (["callbacks=[ema]", "callbacks.ema.decay=2"], "callbacks.ema"),
        (["precision=8-true"], "trainer"),
        (["matmul_precision=low"], "matmul_precision: 'low' is unknown"),
        (["model=timm", "model.net.architecture=resnet81"], "timm has no 'resnet81'"),
        (["model.net.width=3"], "model.net.width: fmnist_bench.nets.mlp.MLP takes no width"),
        (["optimizer.lrr=0.1"], "optimizer.lrr: torch.optim.AdamW takes no lrr"),
        (
            ["optimizer._target_=torch.optim.RMSprop"],
            "RMSprop takes no betas and no fused; drop them with ~model.optimizer.betas ~",
        ),
        (["optimizer.lr=-1"], "optimizer: Invalid learning rate: -1"),
        (["model.parameter_groups=[{parameters: hed, lr: 1}]"], "names no parameter of MLP"),
        (
            ["protocol.test=sometimes"],
            "protocol.test: 'sometimes', expected 'never' or None",
        ),
        (["model.net._target_=nosuch.Net"], "nosuch"),
        (["model.net.num_classes=7"], "expected scores [1, 10]"),
        (["trainer.max_time=soon"], "trainer"),
        (["trainer.nosuch=1"], "trainer.nosuch: pytorch_lightning.Trainer takes no nosuch"),
        (["trainer.fast_dev_run=true"], "trainer.fast_dev_run: set by the suite; take"),
        (["trainer.callbacks=[]"], "callbacks.NAME"),
        (["callbacks.x._target_=torch.nn.ReLU"], "callbacks.x: ReLU is no Lightning Callback"),
        (["model._target_=torch.nn.ReLU"], "model"),
        (["trainer.devices=0"], "trainer.devices=0"),
        (["speed.threads=0"], "speed.threads"),
        (["data._target_=torch.nn.ReLU"], "data"),
    ],
)
def test_what_cannot_be_trained_is_one_line_before_anything_starts(
    make_spec: MakeSpec, processes: Processes, overrides: list[str], said: str
) -> None:
    with pytest.raises(BenchError) as refused:
        refuse_unfit([make_spec(*overrides)], processes, here=True)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
