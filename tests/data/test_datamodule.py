"""The data module as a config instantiates it, over files of many shapes."""

import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch

from fmnist_bench.config.build import build
from fmnist_bench.config.compose import compose
from fmnist_bench.data.augment import HorizontalFlip, RandomCrop
from fmnist_bench.data.batches import Shard
from fmnist_bench.data.datamodule import ImageDataModule
from fmnist_bench.data.facts import FILE_NAMES, dataset_facts
from fmnist_bench.data.parts import data_digest
from fmnist_bench.errors import BenchError
from tests.data.files import Arrays, draw, module, unread, write

CPU, ALL = torch.device("cpu"), Shard(0, 1)


def served(batches: Any) -> tuple[np.ndarray, np.ndarray]:
    images, labels = zip(*batches, strict=True)
    return torch.cat(images).numpy(), torch.cat(labels).numpy()


@pytest.mark.parametrize(
    ("shape", "classes", "test"),
    [((28, 28), 10, 1000), ((32, 32, 3), 47, 60), ((5, 9), 1, 3), ((4, 4), 300, 300)],
)
def test_images_of_any_size_and_number(
    shape: tuple[int, ...], classes: int, test: int, tmp_path: Path
) -> None:
    arrays = draw(3, train=classes * 4, test=test, shape=shape, classes=classes)
    augmentations = {"crop": RandomCrop(padding=1, mode="reflect"), "flip": HorizontalFlip(p=0.5)}
    split = {"split": "stratified", "validation": classes, "augmentations": augmentations}
    data = module(write(tmp_path, arrays, gz=True), **split, batch_size=classes * 3)
    assert data.image_shape == (shape[2] if len(shape) > 2 else 1, *shape[:2])
    assert data.class_names == tuple(str(number) for number in range(classes))
    assert (data.train_images, data.test_images) == (classes * 4, test)
    wanted = arrays["test_images"].reshape(test, *shape[:2], -1).transpose(0, 3, 1, 2)
    images, labels = served(data.test_dataloader())
    np.testing.assert_array_equal(images, wanted)
    np.testing.assert_array_equal(labels, arrays["test_labels"])
    _, labels = served(data.val_dataloader())
    assert sorted(labels) == list(range(classes))
    [(images, labels)] = data.train_batches(CPU, epoch=lambda: 0, shard=ALL)
    assert images.shape == (classes * 3, *data.image_shape) and images.dtype == torch.float32
    assert sorted(labels.tolist()) == sorted(list(range(classes)) * 3)
    [noise, _] = data.noise_batches(2, CPU)
    assert noise[0].shape == images.shape and 0 <= noise[1].min() <= noise[1].max() < classes


def test_own_data_is_standardized_by_its_own_pixels(tmp_path: Path) -> None:
    arrays = draw(0, train=50, shape=(8, 8, 3))
    arrays["train_images"][..., 2] //= 4
    data = module(write(tmp_path, arrays), scaling="standardize")
    images = data.training_images(50, CPU).double()
    torch.testing.assert_close(images.mean((0, 2, 3)), torch.zeros(3).double(), atol=1e-5, rtol=0)
    torch.testing.assert_close(images.std((0, 2, 3)), torch.ones(3).double(), atol=1e-3, rtol=0)


def test_a_trainer_trains_and_tests_on_it(own: Arrays, tmp_path: Path) -> None:
    class Mean(pl.LightningModule):
        seen: list[int] = []  # noqa: RUF012

        def __init__(self) -> None:
            super().__init__()
            self.bias = torch.nn.Parameter(torch.zeros(10))

        def training_step(self, batch: Any, number: int) -> torch.Tensor:
            return torch.nn.functional.cross_entropy(self.bias.expand(len(batch[1]), -1), batch[1])

        def validation_step(self, batch: Any, number: int) -> None:
            self.log("val/loss", self.training_step(batch, number))

        def test_step(self, batch: Any, number: int) -> None:
            self.seen.extend(batch[1].tolist())

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
    trainer = pl.Trainer(max_epochs=2, accelerator="cpu", enable_checkpointing=False, **quiet)
    model = Mean()
    data = unread(write(tmp_path, own), batch_size=4, split="first", validation=2)
    trainer.fit(model, data)
    assert model.bias.abs().sum() > 0 and "val/loss" in trainer.callback_metrics
    trainer.test(model, data, verbose=False)
    assert model.seen == own["test_labels"].tolist()


def test_epochs_differ_and_come_again(tmp_path: Path) -> None:
    data = module(write(tmp_path, draw(0, train=40)))
    epochs = [
        served(data.train_batches(CPU, epoch=lambda at=at: at, shard=ALL))[0] for at in (0, 1, 0)
    ]
    np.testing.assert_array_equal(epochs[0], epochs[2])
    assert not np.array_equal(epochs[0], epochs[1])
    np.testing.assert_array_equal(served(data.train_dataloader())[0], epochs[0])


def test_test_images_are_those_that_were_there_at_the_beginning(
    own: Arrays, tmp_path: Path
) -> None:
    data = module(write(tmp_path, own))
    assert data.digest == data_digest(tmp_path)
    served(data.test_dataloader(CPU))
    write(tmp_path, own | {"test_labels": own["test_labels"] ^ 1})
    assert module(tmp_path).digest == data_digest(tmp_path) != data.digest
    with pytest.raises(BenchError, match="t10k-labels-idx1-ubyte: changed while the run trained"):
        data.test_dataloader()


def test_published_data_is_verified_when_it_is_read(
    published: dict[str, Arrays], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FMNIST_BENCH_CACHE", str(tmp_path))
    arrays = published["fashion_mnist"]
    write(tmp_path / "fashion_mnist", arrays)
    as_published = {"name": "fashion_mnist", "verify": True}
    data = module(None, **as_published, class_names=[f"class {i}" for i in range(10)])
    assert data.digest == dataset_facts("fashion_mnist").digest
    assert data.split_digest is None and list(data.val_dataloader()) == []
    assert data.class_names[1] == "class 1"
    assert module(None, **as_published).class_names[1] == "Trouser"
    write(tmp_path / "fashion_mnist", arrays | {"test_labels": arrays["test_labels"] ^ 1})
    with pytest.raises(BenchError, match="corrupt or edited"):
        unread(None, **as_published).setup()


@pytest.mark.parametrize("choice", ["fashion_mnist", "mnist", "idx"])
def test_each_config_lists_every_argument(choice: str) -> None:
    arguments = inspect.signature(ImageDataModule).parameters
    own = ["data.name=mine", "data.folder=there"] if choice == "idx" else []
    config = compose([f"data={choice}", "augment=crop_flip", *own])["data"]
    assert set(config) == {*arguments, "_target_"}
    data = build(config, "data")
    assert isinstance(data, ImageDataModule) and data.name == ((own and "mine") or choice)


def test_own_data_must_be_named_and_placed(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"data\.name"):
        compose(["data=idx", f"data.folder={tmp_path}"])
    with pytest.raises(BenchError, match=r"data\.folder=FOLDER"):
        build(compose(["data=idx", "data.name=mine"])["data"], "data")


def test_a_planner_needs_no_torch(own: Arrays, tmp_path: Path) -> None:
    script = (
        "import sys\nfrom pathlib import Path\nfrom fmnist_bench.data.obtain import obtain\n"
        "from fmnist_bench.data.parts import data_digest\nhere = Path(sys.argv[1])\n"
        "found = obtain('mine', folder=here, verify=False, cache=here, say=lambda line: None)\n"
        "print(data_digest(found), 'torch' in sys.modules)\n"
        "import fmnist_bench.data.facts\n"
    )
    command = [sys.executable, "-c", script, write(tmp_path, own)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert output.split() == [data_digest(tmp_path), "False"]
    assert set(FILE_NAMES) == set(own)
