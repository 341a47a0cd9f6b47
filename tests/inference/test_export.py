"""`fmnist-bench export`: every file is opened with the tool that it is for."""

import json
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.torch import load_file

from fmnist_bench.cli import main
from fmnist_bench.data.facts import FASHION_MNIST, FILE_NAMES
from fmnist_bench.data.idx import read_idx
from fmnist_bench.inference import exported, formats, load_run
from fmnist_bench.inference.exported import compare
from fmnist_bench.inference.formats import FORMATS, format_named
from fmnist_bench.paths import conf_dir
from fmnist_bench.records.record import read_record

Capture = pytest.CaptureFixture[str]
MakeRun = Callable[..., Path]
MODELS = sorted(
    path.stem
    for path in (conf_dir() / "model").glob("[!_]*.yaml")
    if path.stem != "estimator"  # which keeps no weights
)


@pytest.fixture
def pixels(idx_folder: Path) -> NDArray[np.uint8]:
    return read_idx(idx_folder / FILE_NAMES["test_images"])[:, None]


@pytest.fixture
def export(idx_folder: Path) -> Callable[..., int]:
    def call(run: Path, form: str, out: Path) -> int:
        arguments = ["--run", run, "--format", form, "--out", out, "--data", idx_folder]
        return main(["export", *map(str, arguments)])

    return call


@pytest.mark.parametrize("flip", ["false", "true"])
def test_onnx(
    flip: str,
    make_run: MakeRun,
    export: Callable[..., int],
    pixels: NDArray[np.uint8],
    idx_folder: Path,
    tmp_path: Path,
    capsys: Capture,
) -> None:
    run = make_run("model=cnn", f"test_time_flip={flip}", "precision=bf16-mixed")
    out = tmp_path / "net.onnx"
    assert export(run, "onnx", out) == 0
    printed = capsys.readouterr().out
    assert f"{out}: {out.stat().st_size:,} bytes" in printed
    assert "100 test images in batches of 1, 7 and 92, same classes, largest diff" in printed
    assert "exported in 32-bit floats; the run was scored in bf16-mixed" in printed

    session = onnxruntime.InferenceSession(out)
    [given] = session.get_inputs()
    assert (given.name, given.type, given.shape[1:]) == ("images", "tensor(uint8)", [1, 28, 28])
    assert isinstance(given.shape[0], str)  # the name of a dimension that is left open
    assert [output.name for output in session.get_outputs()] == ["logits", "probabilities"]
    expected = load_run(run).predict(torch.from_numpy(pixels)).probabilities.numpy()
    for batch in (1, 7, 100):
        logits, probabilities = session.run(None, {"images": pixels[:batch]})
        np.testing.assert_allclose(probabilities, expected[:batch], atol=1e-5)
        softmax = torch.from_numpy(logits).softmax(1).numpy()
        np.testing.assert_allclose(softmax, expected[:batch], atol=1e-5)

    model = onnx.load(out)
    assert [each.version for each in model.opset_import if not each.domain] == [18]
    facts = {each.key: each.value for each in model.metadata_props}
    assert json.loads(facts["class_names"]) == list(FASHION_MNIST.class_names)
    assert facts["identity"] == read_record(run).identity
    assert facts["row"] == "cnn"
    [[factor, offset]] = json.loads(facts["pixel_scaling"])
    trained_on = read_idx(idx_folder / FILE_NAMES["train_images"]) / 255
    assert factor == pytest.approx(1 / (255 * trained_on.std()))
    assert offset == pytest.approx(-trained_on.mean() / trained_on.std())
    assert json.loads(facts["test_time_flip"]) is (flip == "true")
    assert json.loads(facts["recipe"]) == read_record(run).recipe


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:FutureWarning")
@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_torchscript(
    make_run: MakeRun,
    export: Callable[..., int],
    pixels: NDArray[np.uint8],
    tmp_path: Path,
    capsys: Capture,
) -> None:
    run = make_run("model=cnn")
    out = tmp_path / "net.pt"
    assert export(run, "torchscript", out) == 0
    assert "deprecated by PyTorch" in capsys.readouterr().out
    extra = {"metadata.json": ""}
    module = torch.jit.load(out, _extra_files=extra)
    images = torch.from_numpy(pixels)
    expected = load_run(run).predict(images).probabilities
    for batch in (1, 7, 100):
        _, probabilities = module(images[:batch])
        torch.testing.assert_close(probabilities, expected[:batch])
    facts = json.loads(extra["metadata.json"])
    assert facts["identity"] == read_record(run).identity
    assert json.loads(facts["class_names"])[9] == "Ankle boot"


def test_safetensors(
    make_run: MakeRun, export: Callable[..., int], tmp_path: Path, capsys: Capture
) -> None:
    run = make_run("model=cnn")
    out = tmp_path / "net.safetensors"
    assert export(run, "safetensors", out) == 0
    assert "scaling and resize are in the JSON's recipe" in capsys.readouterr().out
    before, after = load_file(run / "weights.safetensors"), load_file(out)
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    with safe_open(out, "pt") as file:
        inside = file.metadata()
    beside = json.loads((tmp_path / "net.json").read_text())
    recipe = read_record(run).recipe
    assert json.loads(inside["recipe"]) == beside["recipe"] == recipe
    assert beside["class_names"] == list(FASHION_MNIST.class_names)
    assert inside["pixel_scaling"] == beside["pixel_scaling"]
    assert inside["identity"] == beside["identity"] == read_record(run).identity


@pytest.mark.parametrize("form", ["torchscript", "safetensors"])
def test_nothing_is_left_of_an_export_that_differs(
    form: str,
    make_run: MakeRun,
    export: Callable[..., int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    kind = format_named(form)
    real = kind.export

    def broken(run: object) -> exported.Exported:
        good = real(run)  # type: ignore[arg-type]  # as the command hands it on

        def answer(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
            logits, probabilities = good.answer(pixels)
            return np.roll(logits, 1, axis=1), np.roll(probabilities, 1, axis=1)

        return exported.Exported(good.files, answer)

    monkeypatch.setattr(kind, "export", broken)
    out = tmp_path / "exports" / f"net{kind.suffix}"
    assert export(make_run("model=linear"), form, out) == 1
    out_text, err = capsys.readouterr()
    assert out_text == ""
    assert "not written; 100 test images" in err and "100 of another class" in err
    assert not out.parent.exists()


def test_agreement_counts_and_measures(make_run: MakeRun, pixels: NDArray[np.uint8]) -> None:
    run = load_run(make_run("model=linear"))
    logits, probabilities = (each.numpy() for each in run.outputs(torch.from_numpy(pixels)))
    seen: list[int] = []

    def answer(part: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        start = sum(seen)
        seen.append(len(part))
        np.testing.assert_array_equal(part, pixels[start : start + len(part)])
        mine = slice(start, start + len(part))
        return logits[mine] + np.float32(0.25), probabilities[mine].copy()

    good = compare(run, answer, pixels)
    assert seen == [1, 7, 92] == list(good.batches)
    assert good.good and good.images == 100 and good.other_classes == 0
    assert good.logits == pytest.approx(0.25, abs=1e-6)
    assert good.probabilities == pytest.approx(0, abs=1e-5)

    logits[50, logits[50].argmin()] = 100
    seen.clear()
    assert compare(run, answer, pixels).other_classes == 1
    for spoil in (np.float32(np.nan), np.float32(0.9)):
        logits, probabilities = (each.numpy() for each in run.outputs(torch.from_numpy(pixels)))
        probabilities *= spoil
        seen.clear()
        off = compare(run, answer, pixels)
        assert off.other_classes == 0 and not off.good


def test_few_images_are_no_trouble(make_run: MakeRun, pixels: NDArray[np.uint8]) -> None:
    run = load_run(make_run("model=linear"))
    whole = format_named("safetensors").export(run)
    assert compare(run, whole.answer, pixels[:1]).batches == (1,)
    assert compare(run, whole.answer, pixels[:5]).batches == (1, 4)


def test_wrong_input_is_one_line(
    make_run: MakeRun, export: Callable[..., int], tmp_path: Path, capsys: Capture
) -> None:
    run = make_run("model=linear")
    (tmp_path / "there.pt").write_text("mine")
    (tmp_path / "there.json").write_text("mine")
    for form, name, message in (
        ("tflite", "net.tflite", "--format: 'tflite', expected one of onnx, torchscript, safetens"),
        ("torchscript", "net.onnx", "net.onnx, expected a name ending in .pt"),
        ("torchscript", "there.pt", "there.pt: exists; delete it or choose another --out"),
        ("safetensors", "there.safetensors", "there.json: exists"),
    ):
        assert export(run, form, tmp_path / name) == 2
        [line] = [each for each in capsys.readouterr().err.splitlines() if "fmnist-bench" in each]
        assert message in line
    assert (tmp_path / "there.pt").read_text() == (tmp_path / "there.json").read_text() == "mine"
    assert not (tmp_path / "there.safetensors").exists()
    (run / "weights.safetensors").unlink()
    assert export(run, "torchscript", tmp_path / "net.pt") == 2
    assert "published runs have none" in capsys.readouterr().err


def test_data_of_ones_own_must_be_named(
    make_run: MakeRun, own_data: list[str], colours: Path, idx_folder: Path, capsys: Capture
) -> None:
    run = make_run("model=linear")
    arguments = ["export", "--run", str(run), "--format", "safetensors"]
    assert main(arguments) == 2
    assert "was trained on data of its own; name it with --data DIR" in capsys.readouterr().err
    other = make_run(*own_data)
    assert main(["export", "--run", str(other), *arguments[3:], "--data", str(idx_folder)]) == 2
    assert "does not hold the data of this run" in capsys.readouterr().err


FORWARD_OF_MINE = """
from fmnist_bench.training.classifier import Classifier

class Sharp(Classifier):
    def forward(self, images):
        return 3 * self.net(images)
"""


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:FutureWarning")
@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
@pytest.mark.parametrize("form", FORMATS)
def test_any_data_and_any_forward_export(
    form: str,
    make_run: MakeRun,
    own_data: list[str],
    colours: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    (tmp_path / "forward_of_mine.py").write_text(FORWARD_OF_MINE)
    monkeypatch.syspath_prepend(str(tmp_path))
    run = make_run(*own_data, "model._target_=forward_of_mine.Sharp")
    out = tmp_path / f"net{format_named(form).suffix}"
    arguments = ["--format", form, "--out", str(out), "--data", str(colours)]
    trust = ["--trust", "forward_of_mine.Sharp"]
    assert main(["export", "--run", str(run), *arguments, *trust]) == 0
    assert "30 test images in batches of 1, 7 and 22, same classes" in capsys.readouterr().out
    images = read_idx(colours / FILE_NAMES["test_images"]).transpose(0, 3, 1, 2)
    images = np.ascontiguousarray(images)
    expected = load_run(run, trust=trust[1:]).predict(images).probabilities
    if form == "onnx":
        _, found = onnxruntime.InferenceSession(out).run(None, {"images": images})
        np.testing.assert_allclose(found, expected, atol=1e-5)
    if form == "torchscript":
        _, found = torch.jit.load(out)(torch.from_numpy(images))
        torch.testing.assert_close(found, expected)


def test_what_comes_scaled_is_checked_on_noise(
    make_run: MakeRun, change_record: Callable[..., None], tmp_path: Path, capsys: Capture
) -> None:
    run = make_run("model=linear")
    record = read_record(run)
    assert record.recipe is not None
    recipe = {**record.recipe, "data": {"_target_": "mine.Data"}}
    data = record.data.model_copy(update={"pixel_scaling": None, "digest": "a" * 64})
    change_record(run, recipe=recipe, data=data)
    out = tmp_path / "net.onnx"
    assert main(["export", "--run", str(run), "--format", "onnx", "--out", str(out)]) == 0
    assert "1,000 noise images in batches" in capsys.readouterr().out
    [given] = onnxruntime.InferenceSession(out).get_inputs()
    assert given.type == "tensor(float)"


def test_a_missing_package_is_named(
    make_run: MakeRun,
    export: Callable[..., int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    absent = "onnxruntime"
    monkeypatch.setattr(formats, "find_spec", lambda name: None if name == absent else object())
    assert export(make_run("model=linear"), "onnx", tmp_path / "net.onnx") == 2
    line = capsys.readouterr().err
    assert (
        "--format onnx: needs the package onnxruntime; pip install 'fmnist-bench[export]'" in line
    )


@pytest.mark.slow
@pytest.mark.parametrize("form", ["onnx", "torchscript", "safetensors"])
@pytest.mark.parametrize("model", MODELS)
def test_every_model_exports(
    model: str, form: str, make_run: MakeRun, pixels: NDArray[np.uint8]
) -> None:
    run = load_run(make_run(f"model={model}"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        agreement = compare(run, format_named(form).export(run).answer, pixels)
    assert agreement.good
    assert agreement.batches == (1, 7, 92)
