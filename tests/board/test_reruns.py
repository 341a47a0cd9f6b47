import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from statsmodels.stats.proportion import proportions_ztest

from fmnist_bench.board.reruns import rerun_row, tolerance
from fmnist_bench.errors import BenchError
from fmnist_bench.records.record import Record

Retrain = Callable[..., Callable[[Record, Path], Path]]


@pytest.fixture
def results(synthetic: SimpleNamespace, tmp_path: Path) -> Path:
    nets = {"fashion_mnist": synthetic.net(0.9), "mnist": synthetic.net(0.97)}
    synthetic.write_row(tmp_path / "results" / "runs", synthetic.row("cnn", 2), nets)
    return tmp_path / "results"


@pytest.fixture
def retrain(synthetic: SimpleNamespace, results: Path, tmp_path: Path) -> Retrain:
    """Make a trainer of seed 0 whose run gets `shift` more images right than the original."""

    def make(shift: int, **changes: Any) -> Callable[[Record, Path], Path]:
        made = synthetic.write_rerun(results, "cnn", shift=shift, into=tmp_path / "made", **changes)

        def train(record: Record, folder: Path) -> Path:
            assert (record.row.name, record.seed, record.data.name) == ("cnn", 0, "fashion_mnist")
            assert folder.is_dir() and not any(folder.iterdir())
            new = Path(shutil.copytree(made, folder / "runs" / made.name))
            (new / "weights.safetensors").write_bytes(b"large")
            return new

        return train

    return make


def test_the_new_run_is_kept_whole_and_compared_by_its_predictions(
    results: Path, retrain: Retrain, tmp_path: Path
) -> None:
    found = rerun_row(results, "cnn", 0, retrain(-15))
    before, after = found.accuracies
    assert found.original.record.test is not None
    assert before == pytest.approx(found.original.record.test.accuracy)
    assert after == pytest.approx(before - 0.0015)
    assert found.within and found.flaw is None
    folder = results / found.again.path
    assert folder.parent == results / "reruns" / "cnn"
    assert sorted(path.name for path in folder.iterdir()) == ["predictions.npz", "record.json"]
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / "made" / folder.name / path.name).read_bytes()


def test_a_later_rerun_takes_the_place_of_an_earlier_one(results: Path, retrain: Retrain) -> None:
    first = rerun_row(results, "cnn", 0, retrain(-15))
    second = rerun_row(results, "cnn", 0, retrain(20))
    assert first.again.path == second.again.path
    kept = (results / second.again.path / "record.json").read_text()
    assert second.again.record.digest in kept


def test_far_off_is_not_within_and_kept_all_the_same(results: Path, retrain: Retrain) -> None:
    found = rerun_row(results, "cnn", 0, retrain(-200))
    assert not found.within and (results / found.again.path / "record.json").is_file()


def test_a_rerun_from_uncommitted_code_does_not_count_and_is_not_kept(
    synthetic: SimpleNamespace, results: Path, retrain: Retrain
) -> None:
    dirty = synthetic.Code(commit="c" * 40, clean=False, source=None)
    found = rerun_row(results, "cnn", 0, retrain(-15, code=dirty))
    assert found.within and found.flaw == "made from uncommitted changes"
    assert not (results / "reruns").exists()


def test_a_rerun_that_fails_is_told(synthetic: SimpleNamespace, results: Path) -> None:
    def train(record: Record, folder: Path) -> Path:
        lost: Path = synthetic.write_run(folder, synthetic.failed(record.row))
        return lost

    with pytest.raises(BenchError, match=r"cnn: seed 0 failed when trained again \(loss is nan\)"):
        rerun_row(results, "cnn", 0, train)


def test_another_run_is_no_rerun(results: Path, retrain: Retrain) -> None:
    with pytest.raises(BenchError, match="what was trained again is another run"):
        rerun_row(results, "cnn", 0, retrain(-15, recipe_changes={"steps": 9}))


def test_only_a_finished_run_can_be_repeated(results: Path) -> None:
    def train(record: Record, folder: Path) -> Path:
        raise AssertionError("nothing to train")

    with pytest.raises(BenchError, match="no finished run of row 'cnn' with seed 7"):
        rerun_row(results, "cnn", 7, train)


def test_tolerance_is_twice_the_pooled_standard_error() -> None:
    """Figures from statsmodels' z test: a difference of one tolerance has z = 2."""
    first = 0.93
    second = first - tolerance(first, 0.9228)
    z, _ = proportions_ztest([first * 10_000, second * 10_000], [10_000, 10_000])
    assert z == pytest.approx(2, abs=0.01)
