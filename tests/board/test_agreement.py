from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from fmnist_bench.board.agreement import (
    FILE_NAME,
    agreement_json,
    agreement_problems,
    agreements,
    parts,
    stored_agreements,
)
from fmnist_bench.board.entries import entries
from fmnist_bench.board.standings import Board, read_board
from fmnist_bench.errors import BenchError


@pytest.fixture
def board(synthetic: SimpleNamespace, tmp_path: Path) -> Board:
    row = synthetic.row("cnn", 3, datasets=["fashion_mnist", "mnist"])
    nets = {"fashion_mnist": synthetic.net(0.9), "mnist": synthetic.net(0.95)}
    synthetic.write_row(tmp_path / "runs", row, nets)
    return read_board(tmp_path)


@pytest.fixture
def votes(synthetic: SimpleNamespace) -> NDArray[np.int64]:
    """67 for each image, most of which are for the label; how many differs much."""
    random = np.random.default_rng(0)
    votes = random.multinomial(67, [0.1] * 10, size=10_000)
    votes[np.arange(10_000), synthetic.labels("fashion_mnist")] += random.integers(0, 700, 10_000)
    return votes


def test_parts_are_told_by_the_votes_for_the_label() -> None:
    votes = np.zeros((5, 10), np.int64)
    votes[0, 3] = 67
    votes[1, [3, 4]] = 34, 33
    votes[2, [3, 4]] = 33, 33
    votes[3, [3, 4]] = 30, 37
    votes[4, [3, 4]] = 9, 1
    found = parts(votes, np.full(5, 3, np.uint8))
    assert {name: part.tolist() for name, part in found.items()} == {
        "majority": [True, True, False, False, True],
        "agreed": [True, False, False, False, True],
        "contested": [False, False, False, True, False],
    }


def test_figures_are_counted_by_hand(
    synthetic: SimpleNamespace, board: Board, votes: NDArray[np.int64]
) -> None:
    (row,) = (standing.row for standing in board.standings)
    (found,) = agreements([row], votes).values()
    labels = synthetic.labels("fashion_mnist")
    right, liked = [], []
    for image, label in enumerate(labels):
        for run in row.fashion.runs:
            said = run.predictions.classes[image]
            liked.append(votes[image][said] == max(votes[image]))
            if votes[image][label] / votes[image].sum() > 0.5:
                right.append(said == label)
    assert found.majority == pytest.approx(np.mean(right), abs=1e-6)
    assert found.people == pytest.approx(np.mean(liked), abs=1e-6)


def test_what_is_kept_is_what_was_found_and_stands_in_the_entries(
    board: Board, votes: NDArray[np.int64], tmp_path: Path
) -> None:
    rows = [standing.row for standing in board.standings]
    found = agreements(rows, votes)
    assert stored_agreements(tmp_path) == {}
    (tmp_path / FILE_NAME).write_bytes(agreement_json(found, votes))
    assert stored_agreements(tmp_path) == found
    assert agreement_problems(tmp_path, votes) == []
    (problem,) = agreement_problems(tmp_path, votes[::-1])
    assert str(problem).startswith("human_agreement.json: not what the votes give")
    own, other = entries(read_board(tmp_path))
    (figures,) = found.values()
    assert own["people_majority"] == figures.majority and own["people_vote"] == figures.people
    assert other["dataset"] == "mnist" and other["people_majority"] is None


@pytest.mark.parametrize("spoil", ["{", "[]", '{"rows": [{"row": "cnn"}]}', '{"rows": [3]}'])
def test_a_spoilt_file_is_one_line(tmp_path: Path, spoil: str) -> None:
    (tmp_path / FILE_NAME).write_text(spoil)
    with pytest.raises(BenchError, match=r"human_agreement.json: not readable; fmnist-bench data"):
        stored_agreements(tmp_path)
