from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from fmnist_bench.data.facts import FASHION_MNIST, FILE_NAMES, MNIST
from fmnist_bench.data.idx import read_idx
from fmnist_bench.errors import BenchError
from fmnist_bench.inference import Predicted, load_run
from fmnist_bench.records.predictions import Predictions, from_log_probabilities, read_predictions
from fmnist_bench.records.record import read_record
from fmnist_bench.records.spec import Spec
from fmnist_bench.training.run import run as train


@pytest.fixture
def images(idx_folder: Path) -> torch.Tensor:
    return torch.from_numpy(read_idx(idx_folder / FILE_NAMES["test_images"]))


def assert_stored(stored: Predictions, found: Predicted) -> None:
    """Code what was found as it is stored; at a border between two codes either will do."""
    codes = from_log_probabilities(found.probabilities.log().numpy()).codes
    assert codes is not None and stored.codes is not None
    # From code 51 on, 69 nats behind, probabilities come near the least that 32 bits can hold.
    one, other = (np.minimum(each.astype(int), 51) for each in (codes, stored.codes))
    assert np.abs(one - other).max() <= 1
    assert (one == other).mean() > 0.99


@pytest.mark.filterwarnings("ignore")  # Lightning's, of which tests/training tells
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
    assert_stored(stored, found)


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


def test_an_array_says_what_a_tensor_says(
    make_run: Callable[..., Path], images: torch.Tensor
) -> None:
    run = load_run(make_run())
    expected = run.predict(images).probabilities
    pixels = images.numpy()
    frozen = pixels.copy()
    frozen.flags.writeable = False
    for same in (pixels, pixels[:, None], frozen, pixels[:, :, ::-1][:, :, ::-1], pixels / 255.0):
        torch.testing.assert_close(run.predict(same).probabilities, expected)


def test_on_a_blank_image_nothing_is_seen(
    make_run: Callable[..., Path], images: torch.Tensor
) -> None:
    run = load_run(make_run())
    some = images[:5].clone()
    some[1], some[3] = 0, 77
    found = run.predict(some)
    whole = run.predict(images[:5])
    for blank in (1, 3):
        assert found.classes[blank] == -1 and found.names[blank] is None
        assert found.probabilities[blank].isnan().all()
    seen = [0, 2, 4]
    assert torch.equal(found.classes[seen], whole.classes[seen])
    assert torch.equal(found.probabilities[seen], whole.probabilities[seen])
    assert [found.names[i] for i in seen] == [whole.names[i] for i in seen]
    assert run.predict(torch.full((1, 28, 28), 0.5)).names == (None,)


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
        (np.zeros((2, 28, 28), complex), "complex128, expected uint8"),
        (np.zeros((2, 28, 28), object), "expected a torch tensor or a NumPy array"),
        ([[[0] * 28] * 28], "list, expected a torch tensor or a NumPy array"),
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


CLASSES = ("red", "green", "blue")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("scaling", ["standardize", "unit"])
def test_a_run_on_data_of_ones_own_predicts_what_it_was_scored_on(
    scaling: str, make_spec: Callable[..., Spec], own_data: list[str], colours: Path
) -> None:
    own = (*own_data, f"data.scaling={scaling}", "epochs=2", "optimizer.lr=0.01")
    spec = make_spec(*own)
    train(spec)
    run = load_run(spec.folder)
    assert (run.class_names, run.image_shape) == (CLASSES, (3, 20, 12))
    images = read_idx(colours / FILE_NAMES["test_images"]).transpose(0, 3, 1, 2)
    stored, found = read_predictions(spec.folder, 30, 3), run.predict(images)
    assert found.classes.tolist() == stored.classes.tolist()
    assert len(set(found.names)) > 1 and set(found.names) <= set(CLASSES)
    assert_stored(stored, found)
    one_colour = np.zeros((1, 3, 20, 12), np.uint8)
    one_colour[:, 2] = 200
    assert run.predict(one_colour).names == (None,)
    for wrong in (images[:, 0], images[..., :11], images.transpose(0, 2, 3, 1)):
        with pytest.raises(BenchError, match=r"shape .*, expected \(N, 3, 20, 12\)$"):
            run.predict(wrong)


def test_without_a_known_scaling_images_come_as_they_were_served(
    make_run: Callable[..., Path], change_record: Callable[..., None], images: torch.Tensor
) -> None:
    folder = make_run()
    expected = load_run(folder).predict(images).probabilities
    data = read_record(folder).data
    [[factor, offset]] = data.pixel_scaling or []
    change_record(folder, data=data.model_copy(update={"pixel_scaling": None}))
    served = images * factor + offset
    found = load_run(folder).predict(served).probabilities
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)
    with pytest.raises(BenchError, match="uint8, expected floats as the run's data module serves"):
        load_run(folder).predict(images)
