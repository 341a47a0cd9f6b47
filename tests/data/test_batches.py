from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from fmnist_bench.data.augment import RandomCrop
from fmnist_bench.data.batches import EvalBatches, Shard, TrainBatches
from fmnist_bench.data.facts import FASHION_MNIST
from fmnist_bench.data.scaling import Scaling
from fmnist_bench.errors import BenchError

IMAGES = torch.randint(0, 256, (60, 1, 28, 28), dtype=torch.uint8)
LABELS = torch.arange(60)  # each image's label is its index, to recognise it by
TRAIN = torch.arange(5, 55)
ALL = Shard(0, 1)
SCALING = Scaling("raw", FASHION_MNIST)


def train_batches(
    *,
    batch_size: int = 8,
    drop_last: bool = False,
    seed: int = 0,
    epoch: Callable[[], int] = lambda: 0,
    shard: Shard = ALL,
) -> TrainBatches:
    return TrainBatches(
        IMAGES,
        LABELS,
        TRAIN,
        batch_size=batch_size,
        drop_last=drop_last,
        augmentations=[RandomCrop(padding=2, mode="zero")],
        scaling=SCALING,
        seed=seed,
        epoch=epoch,
        shard=shard,
    )


def joined(batches: TrainBatches) -> tuple[Tensor, Tensor]:
    images, labels = zip(*batches, strict=True)
    return torch.cat(images), torch.cat(labels)


def test_every_training_image_comes_once_and_no_other() -> None:
    batches = train_batches()
    _, labels = joined(batches)
    assert sorted(labels.tolist()) == TRAIN.tolist()
    assert len(batches) == 7
    assert batches.images_in(len(batches)) == 50


def test_drop_last_keeps_full_batches_only() -> None:
    batches = train_batches(drop_last=True)
    sizes = [len(labels) for _, labels in batches]
    assert sizes == [8] * 6
    assert len(batches) == 6


def test_order_and_augmentation_depend_on_seed_and_epoch_alone() -> None:
    images, labels = joined(train_batches())
    again, labels_again = joined(train_batches())
    assert torch.equal(images, again)
    assert torch.equal(labels, labels_again)
    for other in (train_batches(seed=1), train_batches(epoch=lambda: 1)):
        assert not torch.equal(joined(other)[1], labels)
    in_other_batches, _ = joined(train_batches(batch_size=25))
    assert torch.equal(images, in_other_batches)


def test_epoch_is_asked_at_the_start_of_each_pass() -> None:
    epochs = iter([0, 1, 0])
    batches = train_batches(epoch=lambda: next(epochs))
    first, second, third = (joined(batches)[1] for _ in range(3))
    assert torch.equal(first, third)
    assert not torch.equal(first, second)


@pytest.mark.parametrize("world", [2, 4])
def test_ranks_share_each_batch_of_one_process(world: int) -> None:
    whole = list(train_batches())
    parts = [list(train_batches(shard=Shard(rank, world))) for rank in range(world)]
    # The last batch of 2 images gives up what does not divide: by 4, all of it.
    assert {len(part) for part in parts} == {7 if world == 2 else 6}
    for (images, labels), *shares in zip(whole, *parts, strict=False):
        kept = len(labels) - len(labels) % world
        assert torch.equal(torch.cat([share[1] for share in shares]), labels[:kept])
        assert torch.equal(torch.cat([share[0] for share in shares]), images[:kept])
        assert {len(share[1]) for share in shares} == {kept // world}


def test_a_batch_that_does_not_divide_or_is_too_large_is_refused() -> None:
    with pytest.raises(BenchError, match="batch_size: 8 does not divide by 3"):
        train_batches(shard=Shard(0, 3))
    with pytest.raises(BenchError, match="expected 1 to 50"):
        train_batches(batch_size=51)
    with pytest.raises(BenchError, match="expected 1 to 50"):
        train_batches(batch_size=0)


@pytest.mark.parametrize("world", [1, 2, 3])
def test_eval_batches_cover_the_indices_in_order(world: int) -> None:
    found = []
    for rank in range(world):
        batches = EvalBatches(
            IMAGES, LABELS, TRAIN, batch_size=7, scaling=SCALING, shard=Shard(rank, world)
        )
        parts = list(batches)
        assert len(batches) == len(parts)
        for images, labels in parts:
            assert torch.equal(images, IMAGES[labels].float())
            found.extend(labels.tolist())
    assert found == TRAIN.tolist()
    assert all(after == before + 1 for before, after in pairwise(found))
