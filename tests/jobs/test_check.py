from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.check import refuse_repeated, refuse_unfit
from fmnist_bench.records.environment import cores
from fmnist_bench.records.spec import Spec

MakeSpec = Callable[..., Spec]
DDP = ("trainer=ddp", "trainer.profile=cpu", "trainer.accelerator=cpu")


def test_a_run_listed_twice_is_refused_even_if_what_names_it_differs(make_spec: MakeSpec) -> None:
    one, two = make_spec("seed=1"), make_spec("seed=1", "row.name=other")
    refuse_repeated([one, make_spec("seed=2")])
    with pytest.raises(BenchError, match=r"other.*listed twice"):
        refuse_repeated([one, two])


def test_a_batch_must_divide_by_the_devices(make_spec: MakeSpec) -> None:
    refuse_unfit([make_spec(*DDP, "batch_size=34")], here=False)
    with pytest.raises(BenchError, match="batch_size: 33 does not divide by 2 devices"):
        refuse_unfit([make_spec(*DDP, "batch_size=33")], here=False)


def test_more_devices_than_exist_are_refused_here_but_not_for_other_machines(
    make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = cores() + 1
    spec = make_spec(*DDP, f"trainer.devices={many}", f"batch_size={many}")
    refuse_unfit([spec], here=False)
    with pytest.raises(BenchError, match=rf"trainer\.devices={many} .*{cores()} cores"):
        refuse_unfit([spec], here=True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    refuse_unfit([make_spec("trainer=gpu", "trainer.device_index=1")], here=True)
    for wrong in ("trainer.devices=4", "trainer.device_index=2"):
        with pytest.raises(BenchError, match=rf"{wrong}\b.*2 GPUs"):
            refuse_unfit([make_spec("trainer=gpu", wrong)], here=True)


def test_outputs_that_cannot_be_written_are_refused(make_spec: MakeSpec, tmp_path: Path) -> None:
    # A file in the folder's place, because root may write into any folder.
    spec = make_spec()
    (tmp_path / "file").write_text("")
    config = {**spec.config, "paths": {"outputs": str(tmp_path / "file")}}
    with pytest.raises(BenchError, match=r"file/runs: cannot be written \(.*paths\.outputs"):
        refuse_unfit([Spec(config, spec.data_folder, spec.data_digest)], here=True)
    refuse_unfit([spec], here=True)
    assert [path.name for path in spec.folder.parent.iterdir()] == [spec.name]


def test_a_tracker_whose_package_is_missing_is_refused(
    make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = make_spec("logger=mlflow")
    refuse_unfit([spec], here=True)
    monkeypatch.setattr("fmnist_bench.tracking.packages.find_spec", lambda package: None)
    with pytest.raises(BenchError, match=r'pip install "fmnist-bench\[mlflow\]"'):
        refuse_unfit([spec], here=True)
