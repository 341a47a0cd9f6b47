"""Killed at random moments, a run loses nothing."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from fmnist_bench.jobs.job import run_job
from fmnist_bench.records.predictions import read_predictions
from fmnist_bench.records.record import read_record
from fmnist_bench.records.spec import Spec
from fmnist_bench.training.checkpoints import RESUME_FILE

KILLS = 20


@pytest.mark.slow
def test_a_run_killed_at_20_random_moments_ends_with_the_same_bits(
    make_spec: Callable[..., Spec],
) -> None:
    overrides = ("epochs=150", "model.net.dropout=0.2", "augment=crop_flip", "callbacks=[ema]")
    straight = make_spec(*overrides)
    assert run_job(straight).ok
    killed = make_spec(*overrides, f"paths.outputs={straight.folder / 'killed'}")
    moments = random.Random(0)
    resumed_from = set()
    kills = 0
    while kills < KILLS:
        process = subprocess.Popen(
            [sys.executable, "-m", "fmnist_bench.jobs.worker", str(killed.folder)],
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        assert process.stdout is not None
        process.stdout.readline()  # one epoch is through: imports and set-up are over
        try:
            process.wait(timeout=moments.uniform(0, 0.5))
            break  # it was faster than the next kill
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            process.stdout.close()
            kills += 1
            resume = torch.load(killed.folder / RESUME_FILE, weights_only=True)
            resumed_from.add(resume["epoch"])
    assert run_job(killed).ok
    assert kills >= 10
    assert len(resumed_from) >= 10
    one, two = (load_file(spec.folder / "weights.safetensors") for spec in (straight, killed))
    assert all(torch.equal(one[name], two[name]) for name in one)
    first, second = (read_predictions(spec.folder, 100) for spec in (straight, killed))
    assert np.array_equal(first.confidence, second.confidence)
    assert read_record(straight.folder).test == read_record(killed.folder).test
