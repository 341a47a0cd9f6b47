import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from fmnist_bench.data.facts import FILE_NAMES
from fmnist_bench.data.idx import read_idx
from fmnist_bench.errors import BenchError
from fmnist_bench.inference import load_run
from fmnist_bench.records.record import read_record

MakeRun = Callable[..., Path]
Change = Callable[..., None]

# What a dotted name can reach through modules that a net's file imports; each would run
# a command or unpickle a file.
FOREIGN = [
    "os.system",
    "subprocess.getoutput",
    "builtins.exec",
    "torch.load",
    "torch.hub.load",
    "torch.utils.collect_env.run",
    "torch.nn.modules.module.torch.utils.collect_env.run",
    "torch.nn.functional.torch.utils.collect_env.run",
    "torch.nn.init.constant_",
    "fmnist_bench.nets.timm_net.torch.utils.collect_env.run",
    "fmnist_bench.nets.timm_net.timm.create_model",
    "fmnist_bench.nets.timm_net._from_hub",
    "fmnist_bench.nets.cnn.nn.Linear",
    "fmnist_bench.nets.weights.read_weights",
    "fmnist_bench.training.checkpoints.remove_checkpoints",
    "fmnist_bench.training.classifier.pl.LightningModule",
    "pytorch_lightning.callbacks.ModelCheckpoint",
    "fmnist_bench.nets.cnn.CNN.__init__",
    "fmnist_bench.nets..CNN",
    "CNN",
    "",
    7,
    None,
    ["os", "system"],
]


@pytest.mark.parametrize("target", FOREIGN, ids=str)
@pytest.mark.parametrize("nested", [False, True])
def test_a_record_cannot_call_foreign_code(
    target: Any, nested: bool, make_run: MakeRun, change_net: Change, tmp_path: Path
) -> None:
    folder = make_run()
    mark = tmp_path / "was-here"
    call = {"_target_": target, "_args_": [f"touch {mark}"]}
    hidden = {"_target_": "torch.nn.Sequential", "_args_": [{"_target_": "torch.nn.ReLU"}, call]}
    change_net(folder, hidden if nested else call)
    with pytest.raises(BenchError, match=r"record\.json: recipe\.model\.net.*no part of this"):
        load_run(folder)
    assert not mark.exists()


def test_a_record_cannot_read_the_environment(make_run: MakeRun, change_net: Change) -> None:
    folder = make_run()
    change_net(folder, {"_target_": "fmnist_bench.nets.cnn.CNN", "hidden": "${oc.env:HOME}"})
    with pytest.raises(BenchError, match="not an interpolation"):
        load_run(folder)


def test_what_is_no_net_is_refused(
    make_run: MakeRun, change_net: Change, change_record: Change
) -> None:
    folder = make_run()
    change_net(folder, {"_target_": "torch.nn.ReLU", "_partial_": True})
    with pytest.raises(BenchError, match=r"net: gives a \w+, expected an nn\.Module"):
        load_run(folder)
    change_net(folder, {"hidden": [3]})
    with pytest.raises(BenchError, match="gives a dict, expected"):
        load_run(folder)
    change_net(folder, "fmnist_bench.nets.cnn.CNN")
    with pytest.raises(BenchError, match=r"recipe\.model\.net: not there"):
        load_run(folder)
    for recipe in ({**recipe_of(folder), "model": None}, None):
        change_record(folder, recipe=recipe)
        with pytest.raises(BenchError, match="no recipe with model and test_time_flip"):
            load_run(folder)


def test_a_wrong_argument_is_one_line(make_run: MakeRun, change_net: Change) -> None:
    folder = make_run()
    change_net(folder, {"_target_": "fmnist_bench.nets.mlp.MLP", "hiden": [1]})
    with pytest.raises(BenchError, match=r"recipe\.model\.net\.hiden: .* takes no hiden") as caught:
        load_run(folder)
    assert "\n" not in str(caught.value)


def test_modules_of_torch_need_no_trust(
    make_run: MakeRun, change_net: Change, idx_folder: Path
) -> None:
    folder = make_run("model=linear")
    layers = [{"_target_": "torch.nn.Flatten"}, _linear()]
    change_net(folder, {"_target_": "torch.nn.Sequential", "_args_": layers})
    weight = torch.randn(10, 784)
    save_file({"1.weight": weight, "1.bias": torch.zeros(10)}, folder / "weights.safetensors")
    images = torch.rand(5, 28, 28)
    pixels = read_idx(idx_folder / FILE_NAMES["train_images"]) / 255
    scaled = (images - pixels.mean()) / pixels.std()
    expected = (scaled.reshape(5, 784) @ weight.T).softmax(1)
    found = load_run(folder).predict(images).probabilities
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-5)


def test_a_net_of_ones_own_runs_if_trusted_by_name(
    make_run: MakeRun, change_net: Change, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "from fmnist_bench.nets.linear import SoftmaxRegression as Base\nclass Mine(Base): pass"
    (tmp_path / "nets_of_mine.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    folder = make_run("model=linear")
    change_net(folder, {"_target_": "nets_of_mine.Mine", "num_classes": 10})
    with pytest.raises(BenchError, match=r"review that code and give --trust nets_of_mine\.Mine"):
        load_run(folder, trust=["nets_of_mine", "nets_of_mine.Other"])
    assert "nets_of_mine" not in sys.modules
    assert type(load_run(folder, trust=["nets_of_mine.Mine"]).net).__name__ == "Mine"


def test_pretrained_weights_are_not_looked_for(
    make_run: MakeRun, change_net: Change, tmp_path: Path
) -> None:
    folder = make_run("model=timm", "model.net.architecture=mobilenetv3_small_050")
    net = recipe_of(folder)["model"]["net"]
    absent = tmp_path / "absent.pth"
    change_net(folder, {**net, "pretrained": True, "weights": f"{absent}", "weights_sha256": "0"})
    expected = load_file(folder / "weights.safetensors")["net.classifier.bias"]
    assert torch.equal(load_run(folder).net.state_dict()["net.classifier.bias"], expected)


def test_a_published_run_names_the_command_that_trains_it(
    make_run: MakeRun, change_record: Change
) -> None:
    folder = make_run("experiment=mlp", "seed=3", "data=mnist", "protocol.validation=100")
    (folder / "weights.safetensors").unlink()
    command = "fmnist-bench train experiment=mlp data=mnist seed=3"
    with pytest.raises(BenchError, match=f"no weights.safetensors; published.*: {command}$"):
        load_run(folder)
    row = read_record(folder).row
    change_record(folder, row=row.model_copy(update={"name": "$(reboot)"}))
    with pytest.raises(BenchError, match=r"train with the recipe in its record\.json$"):
        load_run(folder)


def test_weights_must_fit(make_run: MakeRun, change_record: Change) -> None:
    folder = make_run("model=linear")
    change_record(folder, weights_digest=None)
    path = folder / "weights.safetensors"
    state = load_file(path)
    for wrong, message in (
        ({**state, "classifier.weight": torch.zeros(10, 783)}, "1 of another shape: classifier.w"),
        ({"classifier.weight": state["classifier.weight"]}, "1 missing: classifier.bias"),
        ({**state, "more": torch.zeros(1)}, "1 unexpected: more"),
    ):
        save_file(wrong, path)
        with pytest.raises(BenchError, match=message) as caught:
            load_run(folder)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_weights_that_were_not_scored_are_refused(make_run: MakeRun) -> None:
    folder = make_run("model=linear")
    path = folder / "weights.safetensors"
    state = load_file(path)
    state["classifier.bias"][0] += 1
    save_file(state, path)
    with pytest.raises(BenchError, match=r"weights\.safetensors: not the weights that were scored"):
        load_run(folder)


def test_weights_are_never_unpickled(
    make_run: MakeRun, change_record: Change, tmp_path: Path
) -> None:
    folder = make_run("model=linear")
    change_record(folder, weights_digest=None)
    path = folder / "weights.safetensors"
    mark = tmp_path / "was-here"

    class Call:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (mark,)

    whole = path.read_bytes()
    torch.save({"classifier.weight": Call()}, tmp_path / "weights.pt")
    foreign = ((tmp_path / "weights.pt").read_bytes(), pickle.dumps(Call()))
    for content in (*foreign, b"", whole[:100], whole[:-1]):
        path.write_bytes(content)
        with pytest.raises(BenchError, match=r"weights\.safetensors: not a safetensors file"):
            load_run(folder)
    assert not mark.exists()


def test_a_failed_run_is_refused(make_run: MakeRun, change_record: Change) -> None:
    folder = make_run()
    change_record(folder, status="failed", reason="diverged")
    with pytest.raises(BenchError, match=r"the run failed \(diverged\)"):
        load_run(folder)


def test_a_run_is_found_by_name(make_run: MakeRun) -> None:
    folder = make_run()
    assert load_run(folder.name[:-8], roots=[folder.parents[1]]).name == folder.name
    with pytest.raises(BenchError, match="nosuch"):
        load_run("nosuch", roots=[folder.parents[1]])


MODELS_OF_MINE = """
from torch import nn
from fmnist_bench.training.classifier import Classifier

class Sharp(Classifier):
    def forward(self, images):
        return 3 * self.net(images)

class Loss(nn.CrossEntropyLoss):
    pass
"""


def test_scores_are_those_of_the_models_forward(
    make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models_of_mine.py").write_text(MODELS_OF_MINE)
    monkeypatch.syspath_prepend(str(tmp_path))
    images = torch.rand(5, 28, 28)
    plain = load_run(make_run("model=linear"))
    sharp = make_run("model=linear", "model._target_=models_of_mine.Sharp")
    with pytest.raises(BenchError, match=r"recipe\.model: .* give --trust models_of_mine\.Sharp"):
        load_run(sharp)
    run = load_run(sharp, trust=["models_of_mine.Sharp"])
    assert run.net.state_dict().keys() == plain.net.state_dict().keys()
    expected = plain.predict(images).probabilities.pow(3)
    expected /= expected.sum(1, keepdim=True)
    torch.testing.assert_close(run.predict(images).probabilities, expected, rtol=1e-4, atol=1e-6)


def test_what_only_training_needs_is_not_trusted_for_a_plain_model(
    make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "losses_of_mine.py").write_text(MODELS_OF_MINE)
    monkeypatch.syspath_prepend(str(tmp_path))
    folder = make_run("model=linear", "model.loss._target_=losses_of_mine.Loss")
    sys.modules.pop("losses_of_mine")
    load_run(folder)
    assert "losses_of_mine" not in sys.modules


def recipe_of(folder: Path) -> dict[str, Any]:
    recipe = read_record(folder).recipe
    assert recipe is not None
    return recipe


def _linear() -> dict[str, Any]:
    return {"_target_": "torch.nn.Linear", "in_features": 784, "out_features": 10}
