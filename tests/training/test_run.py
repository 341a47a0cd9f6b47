"""Runs in this process, on small data."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from sklearn.metrics import accuracy_score

from fmnist_bench.data.facts import FILE_NAMES
from fmnist_bench.data.idx import read_idx
from fmnist_bench.errors import BenchError
from fmnist_bench.paths import conf_dir
from fmnist_bench.records.predictions import read_predictions
from fmnist_bench.records.record import Record, read_record
from fmnist_bench.records.spec import Spec
from fmnist_bench.training.guards import Diverged
from fmnist_bench.training.run import run
from fmnist_bench.training.speed import COMPILE_MODES

MakeSpec = Callable[..., Spec]
MODELS = sorted(
    path.stem
    for path in (conf_dir() / "model").glob("[!_]*.yaml")
    if path.stem != "estimator"  # which takes no steps
)


def finished(spec: Spec) -> Record:
    record = run(spec)
    assert record is not None
    return record


def test_a_run_leaves_a_record_predictions_and_weights(make_spec: MakeSpec) -> None:
    spec = make_spec()
    record = finished(spec)
    assert read_record(spec.folder) == record.sealed()
    assert (record.status, record.epochs, record.test_reads) == ("done", 3, 1)
    assert record.parameters == 266_610
    assert record.validation is not None
    assert record.test is not None
    assert len(record.history) == 3
    assert record.selection is not None and record.selection.epoch is not None
    assert record.history is not None
    best = record.history[record.selection.epoch]
    assert best.validation_accuracy == pytest.approx(record.validation.accuracy)
    assert best.validation_loss == pytest.approx(record.validation.loss, rel=1e-4)
    assert record.validation.accuracy > 0.5
    kept = {path.name for path in spec.folder.iterdir()}
    assert {"record.json", "predictions.npz", "weights.safetensors"} <= kept
    assert not [name for name in kept if name.endswith(".ckpt")]


def test_of_equal_validation_accuracies_the_earliest_epoch_is_scored(make_spec: MakeSpec) -> None:
    record = finished(make_spec("model=prior", "optimizer.lr=0.0", "epochs=3"))
    assert len({epoch.validation_accuracy for epoch in record.history}) == 1
    assert record.selection is not None
    assert record.selection.epoch == 0


def test_the_test_score_is_that_of_the_predictions(make_spec: MakeSpec, idx_folder: Path) -> None:
    spec = make_spec()
    record = finished(spec)
    labels = read_idx(idx_folder / FILE_NAMES["test_labels"])
    predictions = read_predictions(spec.folder, len(labels))
    assert record.test is not None
    assert record.test.accuracy == accuracy_score(labels, predictions.classes)
    assert record.predictions_digest == predictions.digest


def test_the_same_seed_gives_the_same_bits_and_another_others(
    make_spec: MakeSpec, tmp_path: Path
) -> None:
    weights = []
    for seed, outputs in ((0, "one"), (0, "two"), (1, "one")):
        spec = make_spec(f"seed={seed}", f"paths.outputs={tmp_path / outputs}")
        finished(spec)
        weights.append(load_file(spec.folder / "weights.safetensors"))
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    assert not all(torch.equal(weights[0][name], weights[2][name]) for name in weights[0])


def test_nothing_but_the_test_score_depends_on_the_test_set(
    make_spec: MakeSpec, idx_folder: Path, tmp_path: Path
) -> None:
    """Training, selection and validation are the same bits whatever the test labels say."""
    spec = make_spec("callbacks=[early_stopping]", "callbacks.early_stopping.patience=1")
    record = finished(spec)
    weights = load_file(spec.folder / "weights.safetensors")
    other_folder = tmp_path / "other"
    shutil.copytree(idx_folder, other_folder)
    path = other_folder / FILE_NAMES["test_labels"]
    content = bytearray(path.read_bytes())
    content[8:] = bytes((label + 1) % 10 for label in content[8:])
    path.write_bytes(content)
    other = make_spec(
        "callbacks=[early_stopping]",
        "callbacks.early_stopping.patience=1",
        f"data.folder={other_folder}",
        f"paths.outputs={tmp_path / 'elsewhere'}",
    )
    changed = finished(other)
    again = load_file(other.folder / "weights.safetensors")
    assert all(torch.equal(weights[name], again[name]) for name in weights)
    assert changed.validation == record.validation
    assert changed.selection == record.selection
    one, two = (read_predictions(folder, 100) for folder in (spec.folder, other.folder))
    assert np.array_equal(one.classes, two.classes)
    assert record.test is not None
    assert changed.test is not None
    assert record.test.accuracy != changed.test.accuracy


def test_final_trains_on_all_images_and_scores_the_last_weights(make_spec: MakeSpec) -> None:
    record = finished(make_spec("protocol=final", "protocol.validation=0", "drop_last=false"))
    assert record.validation is None
    assert record.selection is not None
    assert (record.selection.weights, record.selection.epoch) == ("last", None)
    assert all(epoch.validation_loss is None for epoch in record.history)
    assert record.test is not None


def test_a_loss_that_is_not_finite_stops_the_run_without_a_score(make_spec: MakeSpec) -> None:
    spec = make_spec("optimizer=sgd", "optimizer.lr=1e30", "schedule=constant", "data.scaling=raw")
    with pytest.raises(Diverged, match=r"epoch 0, batch \d+"):
        run(spec)
    assert not (spec.folder / "record.json").exists()


@pytest.mark.parametrize(
    "overrides",
    [
        ("callbacks=[early_stopping]",),
        ("schedule=plateau",),
        ("protocol.weights=best",),
    ],
)
def test_final_refuses_what_needs_validation(
    make_spec: MakeSpec, overrides: tuple[str, ...]
) -> None:
    spec = make_spec("protocol=final", "protocol.validation=0", *overrides)
    with pytest.raises(BenchError, match="needs validation images"):
        run(spec)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("+model.net.depth=3", "depth"),
        ("data.scaling=wrong", "data.scaling"),
        ("schedule=plateau schedule.monitor=test/loss", "schedule.monitor: 'test/loss'"),
        ("callbacks=[early_stopping] callbacks.early_stopping.monitor=test/loss", "test/loss"),
        ("batch_size=1000", "batch_size"),
    ],
)
def test_a_config_that_no_class_takes_is_refused(
    make_spec: MakeSpec, override: str, said: str
) -> None:
    with pytest.raises(BenchError, match=said) as refused:
        run(make_spec(*override.split()))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "overrides",
    [
        ("optimizer=sgd", "schedule=onecycle", "grad_clip=1.0"),
        ("optimizer=adam", "schedule=step", "label_smoothing=0.1", "test_time_flip=true"),
        ("schedule=plateau", "callbacks=[ema]", "callbacks.ema.decay=0.9"),
        ("schedule=constant", "precision=bf16-mixed", "logger=none"),
        ("augment=crop_flip_erase", "decay_norm_and_bias=true"),
        ("augment=rotate_zoom_shift", "limit_batches=2"),
    ],
)
def test_options_of_training_work_together(make_spec: MakeSpec, overrides: tuple[str, ...]) -> None:
    record = finished(make_spec("epochs=2", *overrides))
    assert record.status == "done"
    assert all(epoch.train_loss is not None for epoch in record.history)


@pytest.mark.parametrize("model", MODELS)
def test_every_model_is_interchangeable(make_spec: MakeSpec, model: str) -> None:
    """Each conf/model trains, validates and is scored on the same path, without a change."""
    spec = make_spec(f"model={model}", "epochs=1", "limit_batches=1", "batch_size=8")
    record = finished(spec)
    (epoch,) = record.history
    for value in (
        epoch.train_loss,
        epoch.train_accuracy,
        epoch.validation_loss,
        epoch.validation_accuracy,
    ):
        assert value is not None
        assert np.isfinite(value)
    assert record.parameters
    assert read_predictions(spec.folder, 100).classes.max() <= 9


def test_an_unknown_mode_of_compilation_is_refused(make_spec: MakeSpec) -> None:
    with pytest.raises(BenchError, match=r"compile: 'fastest' is unknown; .*reduce-overhead"):
        run(make_spec("speed.compile=fastest"))


def test_modes_of_compilation_are_those_of_torch() -> None:
    from torch._inductor import list_mode_options

    assert set(COMPILE_MODES) <= set(list_mode_options())


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ((), "high"),
        (("matmul_precision=medium",), "medium"),
        (("matmul_precision=highest",), "highest"),
    ],
)
def test_matrix_products_of_fp32_are_as_precise_as_asked(
    make_spec: MakeSpec, overrides: tuple[str, ...], expected: str
) -> None:
    before = torch.get_float32_matmul_precision()
    try:
        finished(make_spec(*overrides))
        assert torch.get_float32_matmul_precision() == expected
    finally:
        torch.set_float32_matmul_precision(before)


def test_numbers_too_small_to_be_normal_count_as_zero(make_spec: MakeSpec) -> None:
    before = torch.ones(1) * 1e-30 * 1e-10
    torch.set_flush_denormal(False)
    try:
        assert (torch.ones(1) * 1e-30 * 1e-10).item() > 0
        finished(make_spec("epochs=1"))
        assert (torch.ones(1) * 1e-30 * 1e-10).item() == 0
    finally:
        torch.set_flush_denormal(before.item() == 0)


def test_an_unknown_precision_of_matrix_products(make_spec: MakeSpec) -> None:
    with pytest.raises(BenchError, match="matmul_precision: 'low' is unknown; choose highest"):
        run(make_spec("matmul_precision=low"))


@pytest.mark.parametrize(("choice", "mode"), [("true", None), ("reduce-overhead", ...)])
def test_the_net_is_compiled_in_the_mode_asked_for(
    make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch, choice: str, mode: object
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(
        torch.nn.Module, "compile", lambda self, **options: asked.append(options["mode"])
    )
    finished(make_spec(f"speed.compile={choice}", "epochs=1"))
    assert asked == [choice if mode is ... else mode]
