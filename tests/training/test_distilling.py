import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from scipy.special import log_softmax, softmax
from torch import nn

from fmnist_bench.cli import main
from fmnist_bench.records.spec import Spec
from fmnist_bench.training.cost import mac_count
from fmnist_bench.training.distilling import Distilling
from fmnist_bench.training.run import run
from fmnist_bench.training.schedules import constant

TEACHER = (
    "model.teacher.net.architecture=test_efficientnet",
    "model.teacher.net.channels=1",
    "model.teacher.net.input_size=28",
)


class Linear(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(784, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.head(images.flatten(1))
        return scores


def distilling(net: nn.Module, teacher: nn.Module, share: float, temperature: float) -> Distilling:
    return Distilling(
        net,
        teacher=teacher,
        teacher_share=share,
        temperature=temperature,
        init=None,
        loss=nn.CrossEntropyLoss(),
        optimizer=lambda groups: torch.optim.SGD(groups, lr=0.1),
        schedule=constant,
        metrics={},
        decay_norm_and_bias=False,
    )


def array(values: torch.Tensor) -> NDArray[np.float64]:
    return values.detach().double().numpy()


@pytest.mark.parametrize(("share", "temperature"), [(0.0, 1.0), (0.3, 2.5), (1.0, 4.0)])
def test_the_loss_is_that_of_the_paper(share: float, temperature: float) -> None:
    torch.manual_seed(0)
    net, teacher = Linear(), Linear()
    images, labels = torch.randn(6, 1, 28, 28), torch.arange(6)
    loss, scores = distilling(net, teacher, share, temperature).loss_of(images, labels)
    own, taught = array(net(images)), array(teacher(images))
    cross = -log_softmax(own, axis=1)[np.arange(6), np.arange(6)].mean()
    wanted = softmax(taught / temperature, axis=1)
    apart = log_softmax(taught / temperature, axis=1) - log_softmax(own / temperature, axis=1)
    soft = temperature**2 * (wanted * apart).sum(1).mean()
    assert loss.item() == pytest.approx((1 - share) * cross + share * soft, rel=1e-5)
    np.testing.assert_allclose(array(scores), own)


def test_the_teacher_is_neither_trained_nor_saved() -> None:
    model = distilling(Linear(), nn.Sequential(Linear(), nn.Dropout(0.9)), 0.5, 2.0)
    assert set(model.state_dict()) == {"net.head.weight", "net.head.bias"}
    assert len(list(model.parameters())) == 2
    images = torch.randn(4, 1, 28, 28)
    model.train()
    first, _ = model.loss_of(images, torch.arange(4))
    second, _ = model.loss_of(images, torch.arange(4))
    assert first == second  # the teacher drops nothing
    first.backward()
    assert all(each.grad is None for each in model._teacher[0].parameters())


@pytest.fixture
def weights(tmp_path: Path) -> tuple[Path, str]:
    path = tmp_path / "weights.safetensors"
    net = timm.create_model("test_efficientnet", num_classes=10, in_chans=1)
    save_file({f"net.{key}": value for key, value in net.state_dict().items()}, path)
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_run_learns_from_a_file_whose_place_is_no_part_of_it(
    make_spec: Callable[..., Spec], weights: tuple[Path, str]
) -> None:
    path, digest = weights
    spec = make_spec(
        "method=distilled",
        *TEACHER,
        f"model.teacher.weights={path}",
        f"model.teacher.weights_sha256={digest}",
    )
    record = run(spec)
    assert record is not None and record.recipe is not None
    assert record.macs is not None and record.training_macs is not None
    net = timm.create_model("test_efficientnet", in_chans=1, num_classes=10)
    taught = record.training_macs / (3 * 9 * 32) - 3 * record.macs
    assert taught == mac_count(net, (1, 28, 28))
    teacher = record.recipe["model"]["teacher"]
    assert record.pretraining == "distilled from a net of ImageNet-1k"
    assert teacher["weights_sha256"] == digest and "weights" not in teacher


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (["model.teacher.weights=null"], "a distillation needs its teacher"),
        (["model.teacher.weights=nowhere.safetensors"], "nowhere.safetensors: weights cannot"),
        (["model.teacher.weights_sha256=00"], "SHA-256 is"),
        (["model.teacher.net.architecture=test_resnet"], "not of this teacher's net"),
        (["model.teacher_share=2"], "model.teacher_share: 2, expected 0 to 1"),
        (["model.temperature=0"], "model.temperature: 0, expected more than 0"),
    ],
)
def test_bad_input_is_one_line_before_anything_starts(
    changed: list[str],
    words: str,
    small_overrides: list[str],
    weights: tuple[Path, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path, digest = weights
    given = [
        *TEACHER,
        f"model.teacher.weights={path}",
        f"model.teacher.weights_sha256={digest}",
    ]
    assert main(["train", *small_overrides, "method=distilled", *given, *changed]) == 2
    assert words in capsys.readouterr().err.strip().splitlines()[-1]
    assert not list((tmp_path / "outputs").glob("*/record.json"))
