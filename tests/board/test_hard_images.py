from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from fmnist_bench.board.collect import ScoredRun, collect
from fmnist_bench.board.column import Column
from fmnist_bench.board.dataset import published as datasets
from fmnist_bench.board.hard_images import MissedImage, VotedImage, hard_images, missed_images
from fmnist_bench.board.rows import BoardRow, group
from fmnist_bench.data import labels as published
from fmnist_bench.errors import BenchError
from fmnist_bench.records.predictions import Predictions

Maker = Callable[..., BoardRow]
LABELS = published.test_labels("fashion_mnist")


@pytest.fixture
def make_row(synthetic: SimpleNamespace) -> Maker:
    """Make a row whose runs are right except where `wrong` says (per run: image -> class)."""

    def make(name: str, *wrong: dict[int, int], sure: float = 0.75) -> BoardRow:
        label = synthetic.row(name)
        runs = []
        for seed, changes in enumerate(wrong):
            classes = LABELS.copy()
            confidence = np.full(len(LABELS), sure, np.float16)
            for image, predicted in changes.items():
                classes[image] = predicted
            record = synthetic.record(label, seed=seed)
            predictions = Predictions(classes, confidence)
            runs.append(ScoredRun(f"{name}{seed}", record, predictions, classes == LABELS))
        fashion, mnist = datasets().values()
        columns = {
            "fashion_mnist": Column(fashion, len(runs), tuple(runs)),
            "mnist": Column(mnist, 0, ()),
        }
        return BoardRow(label, "r" * 64, columns, "")

    return make


def other(image: int, shift: int = 1) -> int:
    return (int(LABELS[image]) + shift) % 10


def test_rows_vote_once_whatever_their_seeds(make_row: Maker) -> None:
    five = make_row("five", *[{0: other(0)}] * 5)
    one, two = make_row("one", {1: other(1)}), make_row("two", {1: other(1, 2)})
    result = hard_images([five, one, two], "fashion_mnist")
    votes = tuple(sorted([(other(1), 1 / 3), (other(1, 2), 1 / 3), (int(LABELS[1]), 1 / 3)]))
    assert result.images == (VotedImage(1, int(LABELS[1]), 2 / 3, votes),)
    assert result.rows == ("five", "one", "two")


def test_most_runs_of_a_row_decide_then_how_sure_they_are(make_row: Maker) -> None:
    row = make_row("row", {3: other(3), 4: other(4)}, {3: other(3)}, {})
    assert [image.index for image in hard_images([row], "fashion_mnist").images] == [3]
    split = make_row("split", {3: other(3), 4: other(4)}, {})
    first, second = (run.predictions for run in split.fashion.runs)
    first.confidence[3], second.confidence[3] = 0.9, 0.6
    first.confidence[4], second.confidence[4] = 0.6, 0.9
    (image,) = hard_images([split], "fashion_mnist").images
    assert image == VotedImage(3, int(LABELS[3]), 1.0, ((other(3), 1.0),))


def test_order_is_wrong_then_agreed_then_sure_then_index(make_row: Maker) -> None:
    a = make_row("a", {9: other(9), 8: other(8), 7: other(7), 6: other(6), 5: other(5)})
    b = make_row("b", {9: other(9), 8: other(8), 7: other(7), 6: other(6, 2), 5: other(5)})
    c = make_row("c", {9: other(9), 8: other(8), 7: other(7), 6: other(6)})
    a.fashion.runs[0].predictions.confidence[8] = 1.0
    images = hard_images([a, b, c], "fashion_mnist").images
    assert [image.index for image in images] == [8, 7, 9, 6, 5]
    assert [image.share_wrong for image in images] == pytest.approx([1, 1, 1, 1, 2 / 3])
    assert images[3].votes == tuple(
        sorted([(other(6), 2 / 3), (other(6, 2), 1 / 3)], key=lambda vote: -vote[1])
    )
    assert images[4].taken_for == other(5)
    assert len(hard_images([a, b, c], "fashion_mnist", 2).images) == 2


def test_rows_at_chance_do_not_vote(make_row: Maker) -> None:
    prior = make_row("prior", {i: 0 for i in range(10_000)})
    good = make_row("good", {2: other(2)})
    result = hard_images([prior, good], "fashion_mnist")
    assert result.rows == ("good",)
    assert [image.index for image in result.images] == [2]
    with pytest.raises(BenchError, match="no row with a Fashion-MNIST accuracy of 50%"):
        hard_images([prior], "fashion_mnist")
    with pytest.raises(BenchError, match="no row with a MNIST accuracy"):
        hard_images([good], "mnist")


def test_agrees_with_counting_by_hand(synthetic: SimpleNamespace, tmp_path: Path) -> None:
    for number, name in enumerate(("p", "q", "r")):
        net = synthetic.net(0.9, disagreement=0.2, seed=number // 2)
        synthetic.write_row(tmp_path, synthetic.row(name, seeds=3), {"fashion_mnist": net})
    rows = group(collect(tmp_path).runs)
    result = hard_images(rows, "fashion_mnist", count=10_000)
    assert len(result.images) > 100
    chosen = {image.index for image in result.images}
    for index in [*range(0, 10_000, 50), *sorted(chosen)[:50]]:
        certain, wrong = [], 0
        for row in rows:
            said = Counter(int(run.predictions.classes[index]) for run in row.fashion.runs)
            top = said.most_common(2)
            tied = len(top) > 1 and top[0][1] == top[1][1]
            certain.append(not tied)
            wrong += top[0][0] != LABELS[index]
        if all(certain):
            assert (wrong > 1) == (index in chosen)


def seeds_of(synthetic: SimpleNamespace, *mistakes: dict[int, tuple[int, float]]) -> Column:
    """Runs that are right but for `mistakes`: image -> (how far off the class is, confidence)."""
    runs = []
    for seed, wrong in enumerate(mistakes):
        classes, confidence = LABELS.copy(), np.full(len(LABELS), 0.5, np.float16)
        for image, (shift, sure) in wrong.items():
            classes[image] = (int(LABELS[image]) + shift) % 10
            confidence[image] = sure
        record = synthetic.record(synthetic.row(), seed=seed)
        runs.append(
            ScoredRun(f"r{seed}", record, Predictions(classes, confidence), classes == LABELS)
        )
    return Column(datasets()["fashion_mnist"], len(runs), tuple(runs))


def test_most_seeds_wrong_first_then_the_surest(synthetic: SimpleNamespace) -> None:
    seeds = seeds_of(
        synthetic,
        {7: (1, 0.25), 8: (1, 1.0), 9: (1, 0.5)},
        {7: (2, 0.5), 9: (2, 0.75)},
        {7: (2, 0.75), 9: (2, 0.5)},
    )
    label = {image: int(LABELS[image]) for image in (7, 8, 9)}
    assert missed_images(seeds) == (
        MissedImage(9, label[9], (label[9] + 2) % 10, 3, 1.75 / 3),
        MissedImage(7, label[7], (label[7] + 2) % 10, 3, 0.5),
        MissedImage(8, label[8], (label[8] + 1) % 10, 1, 1.0),
    )
    assert [image.index for image in missed_images(seeds, 2)] == [9, 7]


def test_to_a_row_at_chance_no_image_is_hard(synthetic: SimpleNamespace) -> None:
    lost = seeds_of(synthetic, {image: (1, 0.9) for image in range(5001)})
    assert missed_images(lost) == ()
    learned = seeds_of(synthetic, {image: (1, 0.9) for image in range(5000)})
    assert len(missed_images(learned)) == 8
    assert missed_images(Column(datasets()["mnist"], 5, ())) == ()
