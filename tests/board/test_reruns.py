"""Re-runs: which seeds, what counts, and what the board then says."""

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fmnist_bench.board.collect import collect
from fmnist_bench.board.ledger import read_ledger
from fmnist_bench.board.reruns import rerun_row, to_rerun
from fmnist_bench.board.rows import find_row
from fmnist_bench.board.standings import read_board
from fmnist_bench.errors import BenchError
from fmnist_bench.records.record import Record

Retrain = Callable[..., Callable[[Record, Path], Path]]


@pytest.fixture
def results(synthetic: SimpleNamespace, tmp_path: Path) -> Path:
    nets = {"fashion_mnist": synthetic.net(0.9, disagreement=0.02), "mnist": synthetic.net(0.97)}
    synthetic.write_row(
        tmp_path / "results" / "runs", synthetic.row("cnn", 5, submitter="fmnist_bench"), nets
    )
    return tmp_path / "results"


@pytest.fixture
def drawn(results: Path) -> list[int]:
    return to_rerun(find_row(collect(results), "cnn").main)


@pytest.fixture
def retrain(synthetic: SimpleNamespace, results: Path) -> Retrain:
    """Make a trainer whose runs get `shift` more images right than the originals."""

    def make(shift: int, **changes: Any) -> Callable[[Record, Path], Path]:
        def train(record: Record, folder: Path) -> Path:
            assert (record.row.name, record.data.name) == ("cnn", "fashion_mnist")
            assert folder.is_dir() and not any(folder.iterdir())
            new: Path = synthetic.write_rerun(
                results, "cnn", shift=shift, seed=record.seed, into=folder / "runs", **changes
            )
            (new / "weights.safetensors").write_bytes(b"large")
            return new

        return train

    return make


def rerun(results: Path, train: Callable[[Record, Path], Path]) -> list[str]:
    return list(rerun_row(results, "cnn", train))


def tier(results: Path) -> tuple[str, tuple[str, ...]]:
    (standing,) = read_board(results).standings
    return standing.tier, standing.row.fashion.sentences


def test_the_seeds_that_were_drawn_are_trained_kept_and_found_equivalent(
    results: Path, drawn: list[int], retrain: Retrain
) -> None:
    assert tier(results) == ("evidenced", ())
    said = rerun(results, retrain(-15))
    assert [line.split(":")[0] for line in said] == [f"seed {seed}" for seed in drawn]
    kept = sorted((results / "reruns" / "cnn").iterdir())
    assert sorted(int(each.name.split("-s")[1].split("-")[0]) for each in kept) == sorted(drawn)
    for folder in kept:
        assert sorted(path.name for path in folder.iterdir()) == ["predictions.npz", "record.json"]
    name, (sentence,) = tier(results)
    assert name == "reproduced, same machine"
    assert f"Seeds {', '.join(map(str, drawn))} trained again on the same machine: -0.1" in sentence
    assert sentence.endswith(" equivalent.")
    assert [line.seed for line in read_ledger(results).lines] == drawn
    assert rerun(results, retrain(-15)) == []  # nothing is left to train


def test_one_seed_short_is_not_reproduced(
    results: Path, drawn: list[int], retrain: Retrain
) -> None:
    rerun(results, retrain(-15))
    shutil.rmtree(next((results / "reruns" / "cnn").glob(f"*-s{drawn[-1]}-*")))
    assert tier(results)[0] == "evidenced"


def test_seeds_of_ones_own_choice_are_not_reproduced(
    synthetic: SimpleNamespace, results: Path, drawn: list[int]
) -> None:
    for seed in {*range(5)} - {*drawn}:
        synthetic.write_rerun(results, "cnn", shift=-15, seed=seed)
    assert tier(results)[0] == "evidenced"


def test_another_machine_is_said(
    synthetic: SimpleNamespace, results: Path, retrain: Retrain
) -> None:
    rerun(results, retrain(-15, machine=synthetic.machine(cpu="Other CPU")))
    name, (sentence,) = tier(results)
    assert name == "reproduced, other machine" and "on another machine" in sentence


def test_half_a_point_off_is_not_equivalent(results: Path, retrain: Retrain) -> None:
    rerun(results, retrain(-50))
    name, (sentence,) = tier(results)
    assert name == "evidenced" and sentence.endswith("not shown to be equivalent.")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"code": {"commit": "c" * 40, "clean": False, "source": None}}, "uncommitted changes"),
        ({"machine": None}, "does not say what it ran on"),
        ({"span": None}, "a copy of the run"),
    ],
)
def test_a_flawed_rerun_does_not_count_and_is_not_kept(
    results: Path, retrain: Retrain, changes: dict[str, Any], words: str
) -> None:
    said = rerun(results, retrain(-15, **changes))
    assert all("does not count" in line and words in line for line in said)
    assert not (results / "reruns").exists()


def test_a_rerun_that_fails_is_told(synthetic: SimpleNamespace, results: Path) -> None:
    def train(record: Record, folder: Path) -> Path:
        lost: Path = synthetic.write_run(folder, synthetic.failed(record.row))
        return lost

    with pytest.raises(BenchError, match=r"failed when trained again \(loss is nan\)"):
        rerun(results, train)


def test_another_run_is_no_rerun(results: Path, retrain: Retrain) -> None:
    with pytest.raises(BenchError, match="what was trained again is another run"):
        rerun(results, retrain(-15, recipe_changes={"steps": 9}))


def test_a_single_run_has_no_spread_to_be_equivalent_to(
    synthetic: SimpleNamespace, tmp_path: Path, retrain: Retrain
) -> None:
    one = tmp_path / "one"
    synthetic.write_row(one, synthetic.row("cnn", 1), {"fashion_mnist": synthetic.net(0.9)})
    with pytest.raises(BenchError, match="1 finished runs; a spread takes 2 or more"):
        rerun(one, retrain(0))
