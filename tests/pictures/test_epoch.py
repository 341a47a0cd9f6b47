from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from fmnist_bench.config.build import build
from fmnist_bench.config.compose import compose
from fmnist_bench.data.batches import Shard
from fmnist_bench.data.facts import FILE_NAMES
from fmnist_bench.data.idx import read_idx
from fmnist_bench.data.scaling import Scaling, pixel_statistics
from fmnist_bench.errors import BenchError
from fmnist_bench.paths import conf_dir
from fmnist_bench.pictures.data import class_numbers
from fmnist_bench.pictures.epoch import first_of_epoch, tiles_of

AUGMENTATIONS = sorted(file.stem for file in (conf_dir() / "augment").glob("[!_]*.yaml"))
Compose = Callable[..., dict]


@pytest.fixture
def small(small_overrides: list[str]) -> Compose:
    return lambda *overrides: compose([*small_overrides, *overrides])


@pytest.mark.parametrize("augment", AUGMENTATIONS)
@pytest.mark.parametrize("epoch", [0, 3])
def test_shown_is_bit_by_bit_what_a_run_trains_on(
    augment: str, epoch: int, small: Compose, idx_folder: Path
) -> None:
    config = small(f"augment={augment}", "seed=5")
    shown = first_of_epoch(config, epoch=epoch, count=70, classes=range(10))
    data = build(config["data"], "data")
    data.setup("fit")
    batches = list(data.train_batches(torch.device("cpu"), epoch=lambda: epoch, shard=Shard(0, 1)))
    images = torch.cat([each for each, _ in batches])[:70, 0]
    labels = torch.cat([each for _, each in batches])[:70]
    files = read_idx(idx_folder / FILE_NAMES["train_images"])
    scaled = Scaling(config["data"]["scaling"], pixel_statistics(torch.from_numpy(files)[:, None]))
    assert torch.equal(scaled(torch.from_numpy(shown.augmented)), images)
    assert np.array_equal(shown.labels, labels)
    truth = read_idx(idx_folder / FILE_NAMES["train_labels"])
    for image, label in zip(shown.originals, shown.labels, strict=True):
        (places,) = np.nonzero((files == image).all(axis=(1, 2)))
        assert len(places) == 1 and truth[places[0]] == label
    changed = (shown.originals != shown.augmented).any()
    assert changed == (augment != "none")


def test_seed_and_epoch_matter(small: Compose, idx_folder: Path) -> None:
    def first(seed: int, epoch: int) -> np.ndarray:
        config = small("augment=crop_flip", f"seed={seed}")
        return first_of_epoch(config, epoch=epoch, count=20, classes=range(10)).augmented

    assert np.array_equal(first(0, 0), first(0, 0))
    assert not np.array_equal(first(0, 0), first(1, 0))
    assert not np.array_equal(first(0, 0), first(0, 1))


def test_classes_are_those_asked_for_in_order(small: Compose, idx_folder: Path) -> None:
    config = small()
    everything = first_of_epoch(config, epoch=0, count=300, classes=range(10))
    some = first_of_epoch(config, epoch=0, count=12, classes=[8, 3])
    wanted = np.isin(everything.labels, [3, 8])
    assert np.array_equal(some.originals, everything.originals[wanted][:12])
    assert np.array_equal(some.labels, everything.labels[wanted][:12])
    assert set(some.labels.tolist()) == {3, 8}


def test_classes_by_name_and_number() -> None:
    assert class_numbers("Bag, sneaker,0", "fashion_mnist") == [8, 7, 0]
    assert class_numbers("7", "mnist") == [7]
    for text in ("Bags", "", "10", "Bag,"):
        with pytest.raises(BenchError, match=r"^--classes: '.*', .* T-shirt/top, .*Ankle boot$"):
            class_numbers(text, "fashion_mnist")


def test_tiles_hold_the_original_and_beside_it_the_augmented(
    small: Compose, idx_folder: Path
) -> None:
    config = small("augment=flip")
    shown = first_of_epoch(config, epoch=0, count=4, classes=[1])
    both = tiles_of(shown, "fashion_mnist", augmented=True)
    alone = tiles_of(shown, "fashion_mnist", augmented=False)
    assert [tile.lines for tile in both] == [("Trouser",)] * 4
    for place, (pair, single) in enumerate(zip(both, alone, strict=True)):
        assert np.array_equal(pair.images[0], shown.originals[place])
        assert np.array_equal(pair.images[1], shown.augmented[place])
        assert len(single.images) == 1 and single.images[0].dtype == np.uint8
