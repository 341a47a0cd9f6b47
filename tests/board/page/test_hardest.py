from types import SimpleNamespace

import numpy as np

from fmnist_bench.board.collect import Run
from fmnist_bench.board.column import Column
from fmnist_bench.board.page.hardest import Hardest, hardest
from fmnist_bench.data import labels as published
from fmnist_bench.records.predictions import Predictions

LABELS = published.test_labels("fashion_mnist")


def column(synthetic: SimpleNamespace, *mistakes: dict[int, tuple[int, float]]) -> Column:
    """Runs that are right but for `mistakes`: image -> (how far off the class is, confidence)."""
    runs = []
    for seed, wrong in enumerate(mistakes):
        classes, confidence = LABELS.copy(), np.full(len(LABELS), 0.5, np.float16)
        for image, (shift, sure) in wrong.items():
            classes[image] = (int(LABELS[image]) + shift) % 10
            confidence[image] = sure
        record = synthetic.record(synthetic.row(), seed=seed)
        runs.append(Run(f"r{seed}", record, Predictions(classes, confidence), classes == LABELS))
    return Column(len(runs), tuple(runs), ())


def test_most_seeds_wrong_first_then_the_surest(synthetic: SimpleNamespace) -> None:
    seeds = column(
        synthetic,
        {7: (1, 0.25), 8: (1, 1.0), 9: (1, 0.5)},
        {7: (2, 0.5), 9: (2, 0.75)},
        {7: (2, 0.75), 9: (2, 0.5)},
    )
    label = {image: int(LABELS[image]) for image in (7, 8, 9)}
    assert hardest(seeds, "fashion_mnist") == (
        Hardest(9, label[9], (label[9] + 2) % 10, 3, 1.75 / 3),
        Hardest(7, label[7], (label[7] + 2) % 10, 3, 0.5),
        Hardest(8, label[8], (label[8] + 1) % 10, 1, 1.0),
    )
    assert [image.index for image in hardest(seeds, "fashion_mnist", 2)] == [9, 7]


def test_to_a_row_at_chance_no_image_is_hard(synthetic: SimpleNamespace) -> None:
    lost = column(synthetic, {image: (1, 0.9) for image in range(5001)})
    assert hardest(lost, "fashion_mnist") == ()
    learned = column(synthetic, {image: (1, 0.9) for image in range(5000)})
    assert len(hardest(learned, "fashion_mnist")) == 8
    assert hardest(Column(5, (), ()), "fashion_mnist") == ()
