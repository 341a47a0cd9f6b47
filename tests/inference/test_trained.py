from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from fmnist_bench.data.facts import FASHION_MNIST, FILE_NAMES, MNIST
from fmnist_bench.data.idx import read_idx
from fmnist_bench.errors import BenchError
from fmnist_bench.inference import load_run
from fmnist_bench.records.predictions import read_predictions
from fmnist_bench.records.spec import Spec
from fmnist_bench.training.run import run as train


@pytest.fixture
def images(idx_folder: Path) -> torch.Tensor:
    return torch.from_numpy(read_idx(idx_folder / FILE_NAMES["test_images"]))


@pytest.mark.filterwarnings("ignore")  # Lightning's, of which tests/runs tells
@pytest.mark.parametrize(
    "overrides",
    [("test_time_flip=false",), ("test_time_flip=true",), ("data.scaling=raw", "model=linear")],
)
def test_a_run_predicts_what_it_was_scored_on(
    overrides: tuple[str, ...], make_spec: Callable[..., Spec], images: torch.Tensor
) -> None:
    spec = make_spec(*overrides, "epochs=1", "optimizer.lr=0.01")
    train(spec)
    stored = read_predictions(spec.folder, len(images))
    found = load_run(spec.folder).predict(images)
    assert found.classes.tolist() == stored.classes.tolist()
    assert len(set(stored.classes.tolist())) > 1  # or any constant would do
    confidence = found.probabilities.max(1).values.numpy()
    # They are stored as float16, whose step below 1 is 2^-11.
    np.testing.assert_allclose(confidence, stored.confidence, rtol=0, atol=1e-4 + 2**-12)


def test_mirrored_images_count_where_the_run_counted_them(
    make_run: Callable[..., Path], images: torch.Tensor
) -> None:
    plain = load_run(make_run("test_time_flip=false")).predict
    both = load_run(make_run("test_time_flip=true")).predict
    expected = (plain(images).probabilities + plain(images.flip(-1)).probabilities) / 2
    torch.testing.assert_close(both(images).probabilities, expected)
    assert not torch.allclose(both(images).probabilities, plain(images).probabilities)


def test_all_forms_of_an_image_say_the_same(
    make_run: Callable[..., Path], images: torch.Tensor
) -> None:
    run = load_run(make_run())
    found = run.predict(images)
    for same in (images[:, None], images / 255, (images / 255).double()[:, None]):
        torch.testing.assert_close(run.predict(same).probabilities, found.probabilities)
    assert found.probabilities.shape == (100, 10)
    assert found.probabilities.dtype == torch.float32
    torch.testing.assert_close(found.probabilities.sum(1), torch.ones(100))
    assert found.names == tuple(FASHION_MNIST.class_names[c] for c in found.classes)


def test_batches_change_nothing(make_run: Callable[..., Path], images: torch.Tensor) -> None:
    run = load_run(make_run())
    many = run.predict(images.repeat(11, 1, 1)).probabilities
    torch.testing.assert_close(many[1000:], run.predict(images).probabilities)
    assert run.predict(images[:0]).probabilities.shape == (0, 10)


def test_mnist_has_its_own_names(make_run: Callable[..., Path], images: torch.Tensor) -> None:
    run = load_run(make_run("data=mnist"))
    assert run.class_names == MNIST.class_names
    assert set(run.predict(images).names) <= set("0123456789")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (torch.zeros(28, 28), r"shape \(28, 28\), expected \(N, 28, 28\)"),
        (torch.zeros(2, 3, 28, 28), r"shape \(2, 3, 28, 28\)"),
        (torch.zeros(2, 32, 32), r"shape \(2, 32, 32\)"),
        (torch.zeros(1, 1, 1, 28, 28), r"shape \(1, 1, 1, 28, 28\)"),
        (torch.zeros(2, 28, 28, dtype=torch.int64), "int64, expected uint8"),
        (torch.full((2, 28, 28), 255.0), "outside 0 to 1; divide by 255"),
        (torch.full((2, 28, 28), -0.1), "outside 0 to 1"),
        (torch.full((2, 28, 28), torch.nan), "outside 0 to 1"),
        (np.zeros((2, 28, 28)), "ndarray, expected a torch tensor"),
    ],
)
def test_other_input_is_refused(
    wrong: torch.Tensor, message: str, make_run: Callable[..., Path]
) -> None:
    with pytest.raises(BenchError, match=message):
        load_run(make_run("model=prior")).predict(wrong)


def test_loading_and_predicting_leave_the_callers_random_numbers_alone(
    make_run: Callable[..., Path], images: torch.Tensor
) -> None:
    folder = make_run()
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    load_run(folder).predict(images)
    assert torch.equal(torch.rand(3), expected)
