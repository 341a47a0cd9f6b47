"""Offline W&B runs, written by W&B's own client and read back from its files."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import confusion_matrix

from fmnist_bench.data.facts import FASHION_MNIST, FILE_NAMES
from fmnist_bench.data.idx import read_idx
from fmnist_bench.records.predictions import read_predictions
from fmnist_bench.records.spec import Spec
from fmnist_bench.training.guards import Diverged
from tests.tracking.following import Interrupted, Listener, finish, run_until, shown
from tests.tracking.wandb_file import WandbRun, fragments

MakeSpec = Callable[..., Spec]
pytestmark = pytest.mark.filterwarnings("ignore")


def leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in leaves(inner)]
    return [repr(value)]


def only(spec: Spec) -> WandbRun:
    (fragment,) = fragments(spec.folder)
    return fragment


def test_a_run_shows_what_its_record_says(hard: MakeSpec, idx_folder: Path) -> None:
    spec = hard("logger=[wandb,csv]", "logger.wandb.tags=[one,two]")
    record = finish(spec)
    shown_run = only(spec)
    assert (shown_run.run.run_id, shown_run.run.display_name) == (spec.identity, spec.name)
    assert (shown_run.run.run_group, shown_run.run.job_type) == ("mlp", "train")
    assert list(shown_run.run.tags) == ["one", "two"]
    assert shown_run.exit_code == 0

    assert record.recipe is not None
    assert record.machine is not None
    config = shown_run.config
    assert config["row"] == record.row.model_dump()
    assert config["machine"] == record.machine.model_dump()
    assert (config["optimizer"]["lr"], config["epochs"], config["batch_size"]) == (0.0002, 3, 32)
    own = {key: value for key, value in config.items() if key not in ("row", "machine")}
    # Moved to where it is looked for, and nothing lost.
    assert Counter(leaves(own)) == Counter(leaves(record.recipe))
    assert "sweep" not in config

    assert record.history is not None
    assert len(shown_run.history) == 3
    for row, epoch in zip(shown_run.history, record.history, strict=True):
        expected = shown(epoch)
        assert {name: row[name] for name in expected} == expected
        assert row["_step"] == epoch.epoch
        assert row["images_per_second"] > 0

    assert record.test is not None
    assert record.validation is not None
    summary = shown_run.summary
    assert summary["test_accuracy"] == record.test.accuracy < 1
    assert summary["validation_loss"] == record.validation.loss
    assert (summary["parameters"], summary["macs"]) == (266_610, record.macs)
    assert record.code is not None
    assert summary["git_commit"] == record.code.commit
    assert summary["record_digest"] == record.sealed().digest

    _check_pictures(shown_run, spec, idx_folder)
    paths = {
        artifact.type: {entry.path for entry in artifact.manifest.contents}
        for artifact in shown_run.artifacts
    }
    assert paths["model"] == {"weights.safetensors"}
    assert paths["predictions"] == {"predictions.npz", "record.json"}
    assert (spec.folder / "metrics.csv").exists()


def _check_pictures(shown_run: WandbRun, spec: Spec, idx_folder: Path) -> None:
    labels = read_idx(idx_folder / FILE_NAMES["test_labels"])
    images = read_idx(idx_folder / FILE_NAMES["test_images"])
    predictions = read_predictions(spec.folder, 100)
    files = shown_run.path.parent / "files" / "media" / "table"
    (path,) = files.glob("confusion*.json")
    counts = {(a, p): n for a, p, n in json.loads(path.read_text())["data"]}
    expected = confusion_matrix(labels, predictions.classes, labels=range(10))
    names = FASHION_MNIST.class_names
    assert all(counts[names[i], names[j]] == expected[i, j] for i in range(10) for j in range(10))

    (artifact,) = [each for each in shown_run.artifacts if each.name.endswith("hardest_images")]
    parts = {entry.path: Path(entry.local_path) for entry in artifact.manifest.contents}
    rows = json.loads(parts["hardest_images.table.json"].read_text())["data"]
    wrong = [index for index in range(100) if predictions.classes[index] != labels[index]]
    wrong.sort(key=lambda index: (-float(predictions.confidence[index]), index))
    assert wrong
    assert [row[1] for row in rows] == wrong[:32]
    for picture, index, label, predicted, probability in rows:
        assert label == names[labels[index]]
        assert predicted == names[predictions.classes[index]]
        assert probability == float(predictions.confidence[index])
        assert (picture["width"], picture["height"]) == (28, 28)
    first = Image.open(parts[rows[0][0]["path"]])
    assert np.array_equal(np.asarray(first), images[wrong[0]])


def test_a_tuning_run_is_marked_and_shows_no_test(hard: MakeSpec, tmp_path: Path) -> None:
    outputs = tmp_path / "outputs" / "tune" / "my_study"
    spec = hard(
        "protocol=tune", "protocol.validation=100", "logger=wandb", f"paths.outputs={outputs}"
    )
    finish(spec)
    shown_run = only(spec)
    assert (shown_run.run.run_group, shown_run.run.job_type) == ("my_study", "tune")
    assert not [name for name in shown_run.summary if "test" in name or "confusion" in name]
    assert "model" not in {artifact.type for artifact in shown_run.artifacts}


def test_a_sweep_is_a_group_whose_runs_say_what_differs(hard: MakeSpec) -> None:
    spec = hard("logger=wandb")
    finish(spec, sweep="rates", differing={"optimizer.lr": 0.0002, "seed": 0})
    assert only(spec).run.run_group == "rates"
    assert only(spec).run.display_name == "optimizer.lr=0.0002 seed=0"
    assert only(spec).config["sweep"] == {"optimizer.lr": 0.0002, "seed": 0}


def test_part_of_the_test_set_gives_no_confusion_matrix(hard: MakeSpec) -> None:
    spec = hard("logger=wandb", "eval_batch_size=20", "trainer.limit_test_batches=2")
    record = finish(spec)
    assert record.test is not None
    assert only(spec).summary["test_accuracy"] == record.test.accuracy
    assert not [name for name in only(spec).summary if "confusion" in name or "hardest" in name]


@pytest.mark.parametrize(
    ("override", "fragments_written"), [("", 0), ("logger.wandb.mode=offline", 1)]
)
def test_wandb_mode_counts_unless_the_command_line_says_otherwise(
    hard: MakeSpec, monkeypatch: pytest.MonkeyPatch, override: str, fragments_written: int
) -> None:
    monkeypatch.setenv("WANDB_MODE", "disabled")
    spec = hard("logger=wandb", *([override] if override else []))
    assert finish(spec).status == "done"
    assert len(fragments(spec.folder)) == fragments_written
    assert (spec.folder / "wandb").exists() == bool(fragments_written)
    monkeypatch.setenv("WANDB_MODE", "online")
    assert hard("logger=wandb").config["logger"]["wandb"]["mode"] == "online"


def test_a_failed_run_shows_as_crashed(make_spec: MakeSpec) -> None:
    spec = make_spec(
        "optimizer=sgd",
        "optimizer.lr=1e30",
        "schedule=constant",
        "data.scaling=raw",
        "logger=wandb",
    )
    with pytest.raises(Diverged) as diverged:
        finish(spec)
    shown_run = only(spec)
    assert shown_run.exit_code == 1
    assert shown_run.summary["status"] == "failed"
    assert shown_run.summary["error"] == str(diverged.value)


def test_an_interrupted_run_goes_on_in_the_same_wandb_run(
    hard: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = hard("logger=wandb", "epochs=5")
    run_until(spec, monkeypatch, 2, Interrupted())
    run_until(spec, monkeypatch, 3, RuntimeError("bad luck"))
    record = finish(spec)
    parts = fragments(spec.folder)
    assert {part.run.run_id for part in parts} == {spec.identity}
    assert [part.exit_code for part in parts] == [255, 1, 0]
    steps = [row["_step"] for part in parts for row in part.history]
    assert steps == [0, 1, 2, 3, 4]
    assert record.history is not None
    losses = [row["val/loss"] for part in parts for row in part.history]
    assert losses == [epoch.validation_loss for epoch in record.history]


def test_an_epoch_that_wandb_was_not_told_of_is_told_when_the_run_goes_on(
    hard: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = hard("logger=wandb", "epochs=4")
    run_until(spec, monkeypatch, 3, Interrupted())
    (spec.folder / "wandb" / "epochs_sent").write_text("1")
    finish(spec)
    assert [row["_step"] for row in fragments(spec.folder)[1].history] == [1, 2, 3]


@pytest.mark.parametrize("kind", ["closed", "black hole"])
def test_an_unreachable_server_costs_one_short_wait_and_one_line(
    hard: MakeSpec,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    black_hole: Listener,
    kind: str,
) -> None:
    if kind == "closed":
        black_hole.close()
    monkeypatch.setenv("WANDB_BASE_URL", f"http://{black_hole.address}")
    monkeypatch.setenv("WANDB_API_KEY", "0123456789" * 4)
    spec = hard("logger=wandb", "logger.wandb.mode=online", "logger.wandb.upload_seconds=1")
    assert finish(spec).status == "done"
    (warning,) = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert warning.startswith("logger=wandb ")
    assert "fmnist-bench wandb push" in warning
    assert "\n" not in warning


def test_online_without_a_key_says_so_in_one_line(
    hard: MakeSpec, caplog: pytest.LogCaptureFixture
) -> None:
    spec = hard("logger=wandb", "logger.wandb.mode=online")
    assert finish(spec).status == "done"
    (warning,) = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert "wandb login" in warning
