"""Records that contradict themselves in one thing: it is named, and nothing else is."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fmnist_bench.board.collect import ScoredRun
from fmnist_bench.board.consistency import disagreements, split_digest
from fmnist_bench.data.parts import read_part
from fmnist_bench.data.split import split_indices
from fmnist_bench.paths import cache_dir
from fmnist_bench.records.predictions import from_log_probabilities, log_losses


def found(synthetic: SimpleNamespace, **changes: Any) -> list[str]:
    return list(disagreements(ScoredRun("cnn", synthetic.record(synthetic.row(), **changes))))


def test_a_record_that_fits_is_left_alone(synthetic: SimpleNamespace) -> None:
    assert found(synthetic) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"epochs": 4}, "epochs is 4; history has 3"),
        ({"history": None}, "epochs is 3; history has 0"),
        ({"train_seconds": 30.0}, "train_seconds is 30.000; its epochs sum to 60.000"),
        ({"timed_seconds": 4000.0}, "timed_seconds is 4000.000 of 3600.000"),
        ({"images_per_second": 90.0}, "images_per_second: its steps alone take"),
        ({"parameters": -1}, "parameters is -1"),
        ({"validation": {"accuracy": 0.95, "loss": 0.3}}, "validation.accuracy is 0.95; its epoch"),
        ({"validation": {"accuracy": 0.9, "loss": -0.3}}, "validation: accuracy 0.9, loss -0.3"),
        ({"selection": {"weights": "best", "epoch": 7}}, "selection: epoch 7 is not the best"),
        ({"data_changes": {"train_images": 70_000}}, "data.train_images is 70000"),
        (
            {"recipe_changes": {"trainer": {"max_epochs": 2}}},
            "epochs is 3; its recipe has trainer.max_epochs=2",
        ),
        (
            {"recipe_changes": {"model": {"optimizer": {"lr": 0.05}}}},
            "learning rates to 0.1; its recipe has optimizer.lr=0.05",
        ),
    ],
)
def test_what_contradicts_is_named(
    synthetic: SimpleNamespace, changes: dict[str, Any], words: str
) -> None:
    (line,) = found(synthetic, **changes)
    assert words in line


def test_an_end_before_the_start(synthetic: SimpleNamespace) -> None:
    first, *_ = found(synthetic, ended=synthetic.START - timedelta(seconds=1))
    assert "is before started" in first


def test_a_resumed_run_has_its_last_epoch_alone_between_start_and_end(
    synthetic: SimpleNamespace,
) -> None:
    assert found(synthetic, ended=synthetic.START + timedelta(seconds=21)) == []
    (line,) = found(synthetic, ended=synthetic.START + timedelta(seconds=19))
    assert "the last epoch took 20.0 s of 19.0 s" in line


@pytest.mark.parametrize(
    ("split", "validation", "digest", "fits"),
    [
        ("first", 5000, "0bd2462cf373e94a14dfa9528ee8d28ca4e3fadde843c5391001b206b986c2cf", True),
        ("first", 5000, "x", False),
        ("none", 0, None, True),
        ("none", 0, "x", False),
        ("stratified", 5000, "x", False),
        ("stratified", 2000, "x", True),  # takes labels that are not here: not checked
    ],
)
def test_the_split_is_worked_out_again(
    synthetic: SimpleNamespace, split: str, validation: int, digest: str | None, fits: bool
) -> None:
    data = {"name": "fashion_mnist", "seed": 0, "split": split, "validation": validation}
    lines = found(
        synthetic,
        recipe_changes={"data": data | {"split_seed": 20170831}},
        data_changes={"split_digest": digest},
    )
    assert [line.split()[0] for line in lines] == ([] if fits else ["data.split_digest"])


@pytest.mark.parametrize("name", ["fashion_mnist", "mnist"])
def test_the_digest_of_the_stratified_split_is_that_of_the_labels(name: str) -> None:
    folder = cache_dir() / name
    if not folder.is_dir():
        pytest.skip("the training labels are not in the cache")
    labels = read_part(folder, "train_labels").array
    split = split_indices(labels, split="stratified", validation=5000, split_seed=20170831)
    assert split_digest(name, 60_000, "stratified", 5000, 20170831) == split.digest


@pytest.mark.parametrize("codes", [True, False])
def test_a_loss_has_to_follow_from_the_probabilities(codes: bool) -> None:
    draw = np.random.default_rng(0)
    labels = draw.integers(0, 10, 10_000)
    scores = draw.normal(0, 1, (10_000, 10)) + 4 * np.eye(10)[labels]
    log_probabilities = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    loss = -log_probabilities[np.arange(10_000), labels].mean()
    predictions = from_log_probabilities(log_probabilities)
    if codes:
        low, high = log_losses(predictions, labels)
        assert low == high == pytest.approx(loss, abs=0.001)
    else:
        alone = type(predictions)(predictions.classes, predictions.confidence)
        low, high = log_losses(alone, labels)
        assert 0.5 * loss < low < loss + 0.001 and high == float("inf")
