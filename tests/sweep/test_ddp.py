"""Two ranks on the CPU: one record, the figures of one process."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file

from fmnist_bench.runs.predictions import read_predictions
from fmnist_bench.runs.record import read_record
from fmnist_bench.runs.spec import Spec
from fmnist_bench.sweep.job import run_job

DDP = ("trainer=ddp", "trainer.accelerator=cpu", "trainer.profile=cpu", "trainer.threads=1")
MakeSpec = Callable[..., Spec]


def test_two_ranks_equal_one_process_and_leave_one_record(
    make_spec: MakeSpec, idx_folder: Path
) -> None:
    overrides = ("augment=crop_flip", "drop_last=false", "optimizer=sgd", "epochs=2")
    one = make_spec(*overrides)
    two = make_spec(*overrides, *DDP, "trainer.progress_bar=false")
    for spec in (one, two):
        assert run_job(spec).state == "trained", (spec.folder / "run.log").read_text()
    alone, shared = read_record(one.folder), read_record(two.folder)
    assert shared.hardware.device_count == 2
    assert alone.identity != shared.identity
    for left, right in zip(alone.history, shared.history, strict=True):
        assert left.train_loss == pytest.approx(right.train_loss, rel=1e-3)
        assert left.validation_loss == pytest.approx(right.validation_loss, rel=1e-3)
        assert left.validation_accuracy == pytest.approx(right.validation_accuracy, abs=0.021)
    first, second = (load_file(spec.folder / "weights.safetensors") for spec in (one, two))
    for name in first:
        assert np.allclose(first[name], second[name], atol=1e-4), name
    # Each of the 100 test images once, in order: the predictions are those of one process.
    classes = [read_predictions(spec.folder, 100).classes for spec in (one, two)]
    assert np.mean(classes[0] == classes[1]) > 0.98
    folders = [path for path in two.folder.parent.iterdir() if path.is_dir()]
    assert sorted(folders) == sorted([one.folder, two.folder])


def test_a_batch_that_does_not_divide_is_refused(make_spec: MakeSpec) -> None:
    outcome = run_job(make_spec(*DDP, "batch_size=33"))
    assert outcome.state == "failed"
    assert "batch_size: 33 does not divide by 2 devices" in outcome.detail


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
