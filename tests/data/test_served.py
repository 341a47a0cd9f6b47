"""What is asked of a LightningDataModule of the user's own."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset

from fmnist_bench.config.build import build
from fmnist_bench.config.compose import compose
from fmnist_bench.data.served import check_serves_images, digest_of_served
from fmnist_bench.errors import BenchError
from tests.data.files import write

IMAGES = torch.rand(7, 3, 4, 5, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([0, 1, 2, 0, 1, 2, 2])
NONE = ("protocol=final", "trainer=cpu")


class Mine(pl.LightningDataModule):
    def __init__(self, images: Any = IMAGES, labels: Any = LABELS, batch_size: int = 3) -> None:
        super().__init__()
        self.name, self.class_names = "mine", ["a", "b", "c"]
        self._batches = DataLoader(TensorDataset(images, labels), batch_size=batch_size)

    def train_dataloader(self) -> Any:
        return self._batches

    def test_dataloader(self) -> Any:
        return self._batches


def test_a_module_of_ones_own_and_the_suites(own: dict[str, np.ndarray], tmp_path: Path) -> None:
    check_serves_images(Mine())
    write(tmp_path, own)
    config = compose(["data=idx", "data.name=own", f"data.folder={tmp_path}", *NONE])
    data = build(config["data"], "data")
    data.setup()
    check_serves_images(data)


class NoTest(Mine):
    test_dataloader = pl.LightningDataModule.test_dataloader


def without(**attributes: Any) -> Mine:
    data = Mine()
    for name, value in attributes.items():
        setattr(data, name, value)
    return data


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (torch.nn.Linear(1, 1), "data._target_: Linear is no LightningDataModule; derive it"),
        (pl.LightningDataModule(), "LightningDataModule has no train_dataloader; add the method"),
        (NoTest(), "data._target_: NoTest has no test_dataloader; add the method"),
        (without(name=None), "data._target_: Mine has no name; set self.name"),
        (without(class_names=None), "data._target_: Mine has no class_names; set self.class_names"),
        (without(class_names="abc"), "data._target_: Mine has no class_names"),
    ],
)
def test_what_is_missing_is_named(data: object, said: str) -> None:
    with pytest.raises(BenchError) as caught:
        check_serves_images(data)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_digest_is_that_of_the_images_and_labels_in_order() -> None:
    pixels = hashlib.sha256(b"[3, 4, 5]" + IMAGES.numpy().astype("<f4").tobytes()).hexdigest()
    labels = hashlib.sha256(LABELS.numpy().astype("<i8").tobytes()).hexdigest()
    joined = f"test_images {pixels}\ntest_labels {labels}".encode()
    assert digest_of_served(Mine()) == hashlib.sha256(joined).hexdigest()
    assert digest_of_served(Mine(batch_size=2)) == digest_of_served(Mine())
    others = [
        Mine(IMAGES.flip(0), LABELS.flip(0)),
        Mine(IMAGES.transpose(2, 3)),
        Mine(IMAGES.view(7, 3, 5, 4)),
        Mine(labels=LABELS.flip(0)),
        Mine(IMAGES[:6], LABELS[:6]),
    ]
    assert len({digest_of_served(data) for data in [Mine(), *others]}) == 6


@pytest.mark.parametrize(
    ("images", "labels", "said"),
    [
        (IMAGES.byte(), LABELS, "images torch.uint8 [3, 3, 4, 5], expected a float tensor (B, C,"),
        (IMAGES[:, 0], LABELS, "images torch.float32 [3, 4, 5], expected a float tensor (B, C, H"),
        (IMAGES, LABELS.int(), "labels torch.int32 [3], expected int64 [3]"),
        (IMAGES, LABELS[:, None], "labels torch.int64 [3, 1], expected int64 [3]"),
        (IMAGES, LABELS + 1, "expected labels from 0 to 2; name every class"),
        (IMAGES, LABELS - 1, "expected labels from 0 to 2; name every class"),
    ],
)
def test_a_batch_of_another_form_is_refused(images: Any, labels: Any, said: str) -> None:
    with pytest.raises(BenchError) as caught:
        digest_of_served(Mine(images, labels))
    assert said in str(caught.value) and "Mine, test batch 0" in str(caught.value)


@pytest.mark.parametrize("batch", [IMAGES, {"images": IMAGES}, (IMAGES,), (IMAGES, "b")])
def test_a_batch_that_is_no_pair_is_refused(batch: object) -> None:
    with pytest.raises(BenchError, match=r"Mine, test batch 0: .*expected"):
        digest_of_served(without(_batches=[batch]))
