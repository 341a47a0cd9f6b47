from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fmnist_bench.config import machine
from fmnist_bench.config.compose import compose
from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.job import run_job
from fmnist_bench.jobs.rerun import _config, rerun
from fmnist_bench.records.identity import recipe_digest, run_identity
from fmnist_bench.records.predictions import read_predictions
from fmnist_bench.records.record import Record, read_record
from fmnist_bench.records.spec import Spec


@pytest.fixture
def spec(make_spec: Callable[..., Spec]) -> Spec:
    return make_spec("augment=crop_flip", "epochs=2", "callbacks=[ema]", "test_time_flip=true")


@pytest.fixture
def record(spec: Spec) -> Record:
    assert run_job(spec).ok
    return read_record(spec.folder)


def changed(record: Record, **update: object) -> Record:
    """Change the recipe, with all hashes fitting again."""
    assert record.recipe is not None
    recipe = {**record.recipe, **update}
    hashes: dict[str, Any] = {
        "recipe": recipe,
        "identity": run_identity(recipe, record.data.digest),
        "recipe_digest": recipe_digest(recipe),
    }
    return record.model_copy(update=hashes)


def test_a_rerun_from_the_record_alone_predicts_the_same(
    record: Record, spec: Spec, idx_folder: Path, tmp_path: Path
) -> None:
    folder = rerun(record, tmp_path / "again", data=idx_folder)
    assert folder == tmp_path / "again" / "runs" / spec.name
    again = read_record(folder)
    assert (again.identity, again.recipe) == (record.identity, record.recipe)
    assert (again.test, again.validation) == (record.test, record.validation)
    assert again.weights_digest == record.weights_digest
    one, two = (read_predictions(path, 100) for path in (spec.folder, folder))
    assert one.codes is not None and np.array_equal(one.codes, two.codes)
    with pytest.raises(BenchError, match="has been trained already; name another folder"):
        rerun(record, tmp_path / "again", data=idx_folder)


@pytest.fixture
def untrained(make_spec: Callable[..., Spec], tmp_path: Path) -> Callable[..., Record]:
    """Make the record of a run that failed; all that a rerun looks at is in it."""
    from datetime import UTC, datetime

    from fmnist_bench.records.outcome import failed_record

    def make(*overrides: str) -> Record:
        return failed_record(
            make_spec(*overrides), started=datetime.now(UTC), reason="error", error=""
        )

    return make


Make = Callable[..., Record]


def test_a_record_that_names_foreign_code_is_not_run(untrained: Make, tmp_path: Path) -> None:
    record = untrained()
    assert record.recipe is not None
    evil = {"_target_": "os.system", "command": f"touch {tmp_path / 'harm'}"}
    for where, node in (
        ("callbacks.evil", {"callbacks": {"evil": evil}}),
        (
            "data.augmentations.evil",
            {"data": {**record.recipe["data"], "augmentations": {"evil": evil}}},
        ),
        ("trainer.plugins.0", {"trainer": {**record.recipe["trainer"], "plugins": [evil]}}),
        ("model", {"model": evil}),
    ):
        with pytest.raises(BenchError, match=rf"recipe\.{where}: .* may not call 'os\.system'"):
            rerun(changed(record, **node), tmp_path / "again")
    assert not (tmp_path / "harm").exists()


def test_a_record_with_an_interpolation_is_not_run(untrained: Make, tmp_path: Path) -> None:
    record = changed(untrained(), matmul_precision="${oc.env:HOME}")
    with pytest.raises(BenchError, match=r"recipe\.matmul_precision: .*not an interpolation"):
        rerun(record, tmp_path / "again")


def test_a_record_that_is_not_whole_is_not_run(untrained: Make, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"recipe\.trainer: not there"):
        rerun(changed(untrained(), trainer=None), tmp_path)
    with pytest.raises(BenchError, match="without a recipe"):
        rerun(untrained().model_copy(update={"recipe": None}), tmp_path)


def test_a_record_cannot_choose_its_machine_or_its_paths(
    untrained: Make, idx_folder: Path, tmp_path: Path
) -> None:
    record = untrained()
    assert record.recipe is not None
    trainer = {**record.recipe["trainer"], "devices": 64}
    with pytest.raises(BenchError, match="not the run that its recipe gives here"):
        rerun(changed(record, trainer=trainer), tmp_path, data=idx_folder)
    data = {**record.recipe["data"], "folder": str(tmp_path / "elsewhere")}
    with pytest.raises(BenchError, match="not the run that its recipe gives here"):
        rerun(changed(record, data=data), tmp_path, data=idx_folder)


def test_a_record_made_on_other_data_is_refused(
    untrained: Make, idx_folder: Path, tmp_path: Path
) -> None:
    record = untrained()
    other = record.data.model_copy(update={"digest": "f" * 64})
    with pytest.raises(BenchError, match="made on other data"):
        rerun(record.model_copy(update={"data": other}), tmp_path, data=idx_folder)
    with pytest.raises(BenchError, match="name its folder with"):
        rerun(record, tmp_path)


def test_weights_are_wanted_and_checked_by_their_digest(
    untrained: Make, idx_folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "start.safetensors"
    file.write_bytes(b"weights")
    digest = "9ce66aa17b8c81e80c4c5e0e8cef34d24bc53ebf5ea2cd2b67f0fa3a5b9a5f6f"
    import hashlib

    digest = hashlib.sha256(b"weights").hexdigest()
    pretrained = ("model=timm", "model.net.pretrained=true", f"model.net.weights={file}")
    record = untrained(*pretrained, f"model.net.weights_sha256={digest}")
    assert record.recipe is not None and "weights" not in record.recipe["model"]["net"]
    with pytest.raises(BenchError, match=f"with SHA-256 {digest}; name it with weights=FILE"):
        rerun(record, tmp_path / "again", data=idx_folder)
    other = tmp_path / "other.safetensors"
    with pytest.raises(BenchError, match=r"other\.safetensors: cannot be read"):
        rerun(record, tmp_path / "again", data=idx_folder, weights=other)
    other.write_bytes(b"others")
    with pytest.raises(BenchError, match=rf"other\.safetensors: SHA-256 is .*, expected {digest}"):
        rerun(record, tmp_path / "again", data=idx_folder, weights=other)
    config = _config(record, record.recipe, tmp_path, file, idx_folder)
    assert config["model"]["net"]["weights"] == str(file)
    assert Spec(config, record.data.digest).identity == record.identity
    with pytest.raises(BenchError, match="starts from no file of weights"):
        rerun(untrained(), tmp_path / "again", data=idx_folder, weights=file)


@pytest.mark.parametrize("gpu", [False, True])
def test_the_machine_is_chosen_as_for_a_plain_run_here(
    gpu: bool, untrained: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = untrained("precision=16-mixed", "+trainer.accumulate_grad_batches=2")
    assert record.recipe is not None
    monkeypatch.setattr(machine, "has_nvidia_gpu", lambda: gpu)
    config = _config(record, record.recipe, tmp_path, None, None)
    plain = compose([])
    assert config["speed"] == plain["speed"]
    for flag in ("accelerator", "devices", "num_nodes", "strategy", "deterministic"):
        assert config["trainer"][flag] == plain["trainer"][flag]
    assert config["trainer"]["accelerator"] == ("gpu" if gpu else "cpu")
    assert config["trainer"]["precision"] == "16-mixed"
    assert config["trainer"]["accumulate_grad_batches"] == 2
    assert config.keys() == plain.keys() and config["logger"] == {}
    assert Spec(config, record.data.digest).recipe == record.recipe
