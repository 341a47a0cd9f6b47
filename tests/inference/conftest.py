"""Finished runs that took no training: a record, and a net as it was initialised."""

import struct
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from fmnist_bench.config.build import build
from fmnist_bench.data.facts import FILE_NAMES
from fmnist_bench.records.identity import recipe_digest, run_identity
from fmnist_bench.records.outcome import failed_record
from fmnist_bench.records.record import Record, read_record, write_record
from fmnist_bench.records.spec import Spec
from fmnist_bench.training.weights import save_weights


@pytest.fixture
def make_run(make_spec: Callable[..., Spec]) -> Callable[..., Path]:
    """Make the folder of such a run from overrides, as its data module would have found it."""

    def make(*overrides: str) -> Path:
        spec = make_spec(*overrides)
        record = failed_record(spec, started=datetime.now(UTC), reason="error", error="")
        torch.manual_seed(0)
        digest = save_weights(spec.folder, build(spec.config["model"], "model").net)
        data = build(spec.config["data"], "data")
        data.setup()
        found = {
            "class_names": list(data.class_names),
            "image_shape": list(data.image_shape),
            "pixel_scaling": data.pixel_scaling,
        }
        done = {"status": "done", "reason": None, "error": None, "weights_digest": digest}
        done["data"] = record.data.model_copy(update=found)
        write_record(spec.folder, record.model_copy(update=done))
        return spec.folder

    return make


@pytest.fixture
def colours(tmp_path: Path) -> Path:
    """Four idx files of 20x12 images in colour, whose class is the channel that is bright."""
    folder = tmp_path / "colours"
    folder.mkdir()
    random = np.random.default_rng(1)
    for part, count in (("train", 90), ("test", 30)):
        labels = np.arange(count, dtype=np.uint8) % 3
        images = random.integers(0, 100, (count, 20, 12, 3), dtype=np.uint8)
        images[np.arange(count), :, :, labels] += 120
        for name, array in (("images", images), ("labels", labels)):
            header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
            (folder / FILE_NAMES[f"{part}_{name}"]).write_bytes(header + array.tobytes())
    return folder


LINEAR = "{_target_: torch.nn.Linear, in_features: 720, out_features: 3}"


@pytest.fixture
def own_data(colours: Path) -> list[str]:
    """Overrides for a run of a linear net on those images."""
    return [
        *("data=idx", "data.name=kites", f"data.folder={colours}"),
        *("data.class_names=[red,green,blue]", "protocol.validation=12", "batch_size=16"),
        "~model.net",
        "+model.net={_target_: torch.nn.Sequential, "
        f"_args_: [{{_target_: torch.nn.Flatten}}, {LINEAR}]}}",
    ]


def rewritten(record: Record, **fields: Any) -> Record:
    """Change fields of a record, with all its hashes fitting again."""
    changed = record.model_copy(update=fields)
    if changed.recipe is None:
        return changed.model_copy(update={"recipe_digest": None})
    hashes = {
        "identity": run_identity(changed.recipe, changed.data.digest),
        "recipe_digest": recipe_digest(changed.recipe),
    }
    return changed.model_copy(update=hashes)


@pytest.fixture
def change_record() -> Callable[..., None]:
    """Change fields of a folder's record, with all its hashes fitting again."""

    def change(folder: Path, **fields: Any) -> None:
        write_record(folder, rewritten(read_record(folder), **fields))

    return change


@pytest.fixture
def change_net(change_record: Callable[..., None]) -> Callable[..., None]:
    """Replace `recipe.model.net` of a folder's record, whose weights may then be any."""

    def change(folder: Path, net: Any) -> None:
        recipe = read_record(folder).recipe
        assert recipe is not None
        model = {**recipe["model"], "net": net}
        change_record(folder, recipe={**recipe, "model": model}, weights_digest=None)

    return change
