"""Finished runs that took no training: a record, and a net as it was initialised."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import OmegaConf

from fmnist_bench.records.identity import recipe_identity, run_identity
from fmnist_bench.records.outcome import failed_record
from fmnist_bench.records.record import read_record, write_record
from fmnist_bench.records.spec import Spec
from fmnist_bench.training.assemble import build_model, net_of
from fmnist_bench.training.weights import save_weights


@pytest.fixture
def make_run(make_spec: Callable[..., Spec]) -> Callable[..., Path]:
    """Make the folder of such a run from overrides."""

    def make(*overrides: str) -> Path:
        spec = make_spec(*overrides)
        record = failed_record(spec, started=datetime.now(UTC), reason="error", error="")
        torch.manual_seed(0)
        save_weights(spec.folder, net_of(build_model(OmegaConf.create(spec.config))))
        done = {"status": "done", "reason": None, "error": None}
        write_record(spec.folder, record.model_copy(update=done))
        return spec.folder

    return make


@pytest.fixture
def change_record() -> Callable[..., None]:
    """Change fields of a folder's record, with all its hashes fitting again."""

    def change(folder: Path, **fields: Any) -> None:
        record = read_record(folder).model_copy(update=fields)
        hashes = {
            "identity": run_identity(record.config, record.data_digest),
            "recipe": recipe_identity(record.config),
        }
        write_record(folder, record.model_copy(update=hashes))

    return change


@pytest.fixture
def change_net(change_record: Callable[..., None]) -> Callable[..., None]:
    """Replace `config.model.net` of a folder's record."""

    def change(folder: Path, net: Any) -> None:
        config = read_record(folder).config
        change_record(folder, config={**config, "model": {**config["model"], "net": net}})

    return change
