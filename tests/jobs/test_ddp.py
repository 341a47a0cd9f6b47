"""Two ranks on the CPU: one record, the figures of one process."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
from safetensors.torch import load_file

from fmnist_bench.data.facts import FILE_NAMES
from fmnist_bench.data.idx import read_idx
from fmnist_bench.data.scaling import Scaling, pixel_statistics
from fmnist_bench.jobs.job import run_job
from fmnist_bench.nets.mlp import MLP
from fmnist_bench.records.predictions import read_predictions
from fmnist_bench.records.record import read_record
from fmnist_bench.records.spec import Spec
from fmnist_bench.training.checkpoints import RESUME_FILE

DDP = ("trainer=ddp", "trainer.accelerator=cpu", "speed.threads=1")
MakeSpec = Callable[..., Spec]
RANKS = """
import os
import pytorch_lightning as pl
from pytorch_lightning.demos.boring_classes import BoringModel
from fmnist_bench.errors import BenchError
from fmnist_bench.training.ranks import SameConfig

rank = os.environ.get("LOCAL_RANK", "0")
trainer = pl.Trainer(accelerator="cpu", devices=2, strategy="ddp", max_steps=1, logger=False,
                     enable_checkpointing=False, callbacks=[SameConfig((rank + rank) * 32)])
try:
    trainer.fit(BoringModel())
except BenchError as error:
    print(error, flush=True)
"""


def test_two_ranks_equal_one_process_and_leave_one_record(
    make_spec: MakeSpec, idx_folder: Path
) -> None:
    overrides = ("augment=crop_flip", "drop_last=false", "optimizer=sgd", "epochs=2")
    one = make_spec(*overrides)
    outputs = f"paths.outputs={one.folder / 'two'}"
    two = make_spec(*overrides, *DDP, "trainer.enable_progress_bar=false", outputs)
    for spec in (one, two):
        assert run_job(spec).state == "trained", (spec.folder / "run.log").read_text()
    alone, shared = read_record(one.folder), read_record(two.folder)
    assert shared.machine is not None and shared.machine.processes == 2
    assert alone.identity == shared.identity
    for left, right in zip(alone.history or [], shared.history or [], strict=True):
        assert left.train_loss == pytest.approx(right.train_loss, rel=1e-3)
        assert left.validation_loss == pytest.approx(right.validation_loss, rel=1e-3)
        assert left.validation_accuracy == pytest.approx(right.validation_accuracy, abs=0.021)
    first, second = (load_file(spec.folder / "weights.safetensors") for spec in (one, two))
    for name in first:
        assert np.allclose(first[name], second[name], atol=1e-4), name
    # Each of the 100 test images counts once, in order: scored again here, index by index,
    # with the weights that the two ranks left, they get the very classes on file.
    net = MLP(hidden=[300, 100], dropout=0.0, num_classes=10)
    net.load_state_dict(second)
    images = torch.from_numpy(read_idx(idx_folder / FILE_NAMES["test_images"])).unsqueeze(1)
    training = torch.from_numpy(read_idx(idx_folder / FILE_NAMES["train_images"])).unsqueeze(1)
    scaling = Scaling("standardize", pixel_statistics(training))
    with torch.inference_mode():
        alone_classes = [
            int(net(scaling(images[index : index + 1])).argmax()) for index in range(100)
        ]
    assert read_predictions(two.folder, 100).classes.tolist() == alone_classes
    classes = [read_predictions(spec.folder, 100).classes for spec in (one, two)]
    assert np.mean(classes[0] == classes[1]) > 0.98
    assert [path for path in two.folder.parent.iterdir() if path.is_dir()] == [two.folder]


@pytest.mark.slow  # tests/jobs/test_check.py tries it without a process
def test_a_batch_that_does_not_divide_is_refused(make_spec: MakeSpec) -> None:
    outcome = run_job(make_spec(*DDP, "batch_size=33"))
    assert outcome.state == "failed"
    assert "batch_size: 33 does not divide by 2 devices" in outcome.detail


@pytest.mark.slow
@pytest.mark.parametrize("victim", [1, 0])
def test_a_rank_that_dies_takes_its_job_down_and_nothing_hangs(
    make_spec: MakeSpec, victim: int
) -> None:
    spec = make_spec(*DDP, "epochs=100000", "time_limit_seconds=200")
    killed_at: list[float] = []

    def kill() -> None:
        while not (spec.folder / RESUME_FILE).exists():
            time.sleep(0.05)
        ranks = {
            int(process.environ()["LOCAL_RANK"]): process
            for process in psutil.process_iter(["cmdline"])
            if str(spec.folder) in (process.info["cmdline"] or ())
            and "LOCAL_RANK" in process.environ()
        }
        (leader,) = psutil.Process().children()
        ranks.setdefault(0, leader)
        assert set(ranks) == {0, 1}
        killed_at.append(time.monotonic())
        ranks[victim].kill()

    killer = threading.Thread(target=kill)
    killer.start()
    outcome = run_job(spec)
    killer.join()
    assert time.monotonic() - killed_at[0] < 60
    assert outcome.state == "failed"
    assert read_record(spec.folder).reason in ("killed", "error")
    left = [
        process
        for process in psutil.process_iter(["cmdline"])
        if str(spec.folder) in (process.info["cmdline"] or ())
    ]
    assert left == []
    assert (spec.folder / RESUME_FILE).exists()


@pytest.mark.slow
def test_ranks_with_different_configs_all_stop(tmp_path: Path) -> None:
    script = tmp_path / "ranks.py"
    script.write_text(RANKS)
    answer = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=False
    )
    said = answer.stdout + answer.stderr
    assert "rank 0 trains config 00" in said, said
    assert "rank 1 trains config 11" in said, said


@pytest.mark.slow
def test_a_sweep_of_two_jobs_with_two_ranks_each_leaves_two_records(
    small_overrides: list[str], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "fmnist_bench", "train", "-m", *small_overrides, *DDP]
    answer = subprocess.run(
        [*command, "epochs=1", "seed=0,1"], capture_output=True, text=True, timeout=300, check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    records = sorted((tmp_path / "outputs" / "runs").glob("*/record.json"))
    assert [json.loads(path.read_text())["seed"] for path in records] == [0, 1]
