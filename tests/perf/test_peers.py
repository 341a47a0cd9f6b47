"""The sides of a comparison do the same work. How fast, no test asks."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from perf import keras, lightning, processes, torchvision
from perf.comparison import Place
from torch import Tensor, nn

from fmnist_bench.config.compose import compose
from fmnist_bench.data.facts import FASHION_MNIST, FILE_NAMES
from fmnist_bench.data.idx import read_idx
from fmnist_bench.errors import BenchError


def places_of_the_dot(images: Tensor, mean: float, std: float) -> set[tuple[int, int]]:
    """Check that each image is a standardised dot on black; return where the dots are."""
    pixels = (images * std + mean) * 255
    torch.testing.assert_close(pixels, pixels.round(), atol=0.001, rtol=0)
    lit = pixels.round() > 0
    assert (lit.flatten(1).sum(1) == 1).all()
    return {(int(row), int(column)) for _, _, row, column in lit.nonzero()}


@pytest.mark.parametrize("transform", [None, torchvision.V1_CROP_FLIP, torchvision.V2_CROP_FLIP])
def test_torchvisions_sides_crop_flip_and_standardise_too(transform: Any, place: Place) -> None:
    if transform is None:
        batches = torchvision.suite_batches(place)
    else:
        batches = torchvision.peer_batches(place, transform, 600, 256, workers=0)
    # torchvision's side is told the published figures, ours measures those of other files.
    pixels = read_idx(place.data / FILE_NAMES["train_images"]) / 255
    ours, theirs = (pixels.mean(), pixels.std()), (FASHION_MNIST.mean, FASHION_MNIST.std)
    standardised = theirs if transform else ours
    seen = set()
    for _ in range(4):
        for images, labels in batches:
            assert (images.shape, images.dtype) == ((256, 1, 28, 28), torch.float32)
            assert (labels.shape, labels.dtype) == ((256,), torch.int64)
            seen |= places_of_the_dot(images, *standardised)
    # Moved by -2 to 2, and column 12 or its mirror image 15.
    assert seen == {(row, column) for row in range(8, 13) for column in range(10, 18)}


def test_torchvision_reads_the_same_images(place: Place) -> None:
    for _ in range(2):  # again: the link is there already
        source = torchvision.peer_batches(place, None, 20, 10, workers=0).dataset
    picture, label = source[7]
    assert np.asarray(picture)[10, 12] == 8
    assert label == 7
    assert len(source) == 20  # type: ignore[arg-type]  # a Subset


def test_a_rate_counts_every_image_of_whole_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]

    class Batches:
        def __iter__(self):  # type: ignore[no-untyped-def]  # of (images, labels)
            for size in (4, 4, 2):
                clock[0] += 0.5
                yield [0] * size, None

    monkeypatch.setattr("time.perf_counter", lambda: clock[0])
    # A pass of 10 images takes 1.5 s; the second begins before 2 s are over, a third does not.
    assert torchvision.passes(Batches(), 2.0) == pytest.approx(20 / 3.0)
    assert torchvision.passes(Batches(), 0.0) == pytest.approx(10 / 1.5)


def test_the_template_trains_its_net(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    before = net[1].weight.detach().clone()
    monkeypatch.setitem(lightning.NETS, "mlp", lambda: net)
    assert lightning.peer(place, "mlp", workers=0, images=200) > 0
    assert not torch.equal(net[1].weight, before)


def test_the_template_gets_its_fastest_worker_count_and_the_same_work(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int]] = []

    def peer(place: Place, name: str, workers: int, images: int) -> float:
        asked.append((workers, images))
        return 10.0 + workers * (1 if name == "cnn" else -1)  # workers pay for the CNN only

    def rate(place: Place, *overrides: str) -> float:
        assert compose(overrides)["data"]["batch_size"] == 128
        return 5.0

    monkeypatch.setattr(lightning, "peer", peer)
    monkeypatch.setattr(processes, "images_per_second", rate)
    sides = lightning.template(place).sides
    asked.clear()
    assert [measure() for measure in sides.values()] == [5.0, 10.0, 5.0, 12.0]
    assert asked == [(0, 60_000), (2, 60_000)]


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """What Keras counts for each net; right unless a test changes it."""
    counted = {name: net.parameters for name, net in keras.NETS.items()}

    def ask(python: Path, place: Place, name: str, batches: int) -> dict[str, Any]:
        rate = 10.0 * batches
        versions = {"keras": "3"}
        return {"parameters": counted[name], "images_per_second": rate, "versions": versions}

    monkeypatch.setattr(processes, "environment", lambda *arguments: Path("python"))
    monkeypatch.setattr(keras, "ask", ask)
    return counted


def test_keras_trains_as_many_batches_as_the_suite(
    sizes: dict[str, int], place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rate(place: Place, *overrides: str) -> float:
        return 10.0 * compose(overrides)["trainer"]["limit_train_batches"]

    monkeypatch.setattr(processes, "images_per_second", rate)
    built = keras.keras(place)
    for name, net in keras.NETS.items():
        assert built.sides[f"fmnist_bench {name}"]() == 10.0 * net.batches
        assert built.sides[f"Keras {name}"]() == 10.0 * net.batches
    assert built.versions == {"keras": "3"}


def test_nets_of_different_size_are_not_compared(sizes: dict[str, int], place: Place) -> None:
    sizes["cnn"] += 64
    with pytest.raises(BenchError, match=r"cnn has 545290 parameters in Keras, expected 545226"):
        keras.keras(place)


def test_a_failing_peer_is_told_in_one_line(place: Place, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho first >&2\necho 'no such net' >&2\nexit 1\n")
    python.chmod(0o755)
    with pytest.raises(BenchError) as caught:
        keras.ask(python, place, "cnn", 1)
    assert str(caught.value) == "keras_peer.py: cnn: failed (no such net)"
