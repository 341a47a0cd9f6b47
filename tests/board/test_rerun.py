from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from fmnist_bench.board.rerun import rerun_row
from fmnist_bench.errors import BenchError
from fmnist_bench.records.record import Record, Score

TODAY = date(2026, 11, 22)


@pytest.fixture
def results(synthetic: SimpleNamespace, tmp_path: Path) -> Path:
    nets = {"fashion_mnist": synthetic.net(0.9), "mnist": synthetic.net(0.97)}
    synthetic.write_row(tmp_path / "runs", synthetic.row("cnn", 2), nets)
    return tmp_path


def test_the_row_is_trained_again_from_its_record(results: Path) -> None:
    given: list[tuple[Record, bool]] = []

    def train(record: Record, folder: Path) -> Record:
        given.append((record, folder.is_dir() and not any(folder.iterdir())))
        return record.model_copy(update={"test": Score(accuracy=0.8985, loss=0.3)})

    found = rerun_row(results, "cnn", 1, train, TODAY)
    ((record, fresh),) = given
    assert (record.row.name, record.seed, record.dataset) == ("cnn", 1, "fashion_mnist")
    assert fresh
    assert record.test is not None
    assert found.original_accuracy == pytest.approx(record.test.accuracy)
    assert found.accuracy == 0.8985
    assert (found.identity, found.date, found.within) == (record.identity, TODAY, True)


def test_far_off_is_not_within(results: Path) -> None:
    def train(record: Record, folder: Path) -> Record:
        return record.model_copy(update={"test": Score(accuracy=0.88, loss=0.3)})

    assert not rerun_row(results, "cnn", 0, train, TODAY).within


def test_a_rerun_that_fails_is_told(synthetic: SimpleNamespace, results: Path) -> None:
    def train(record: Record, folder: Path) -> Record:
        return synthetic.failed(record.row)

    with pytest.raises(BenchError, match=r"cnn: seed 0 failed when trained again \(loss is nan\)"):
        rerun_row(results, "cnn", 0, train, TODAY)


def test_only_a_finished_run_can_be_repeated(results: Path) -> None:
    def train(record: Record, folder: Path) -> Record:
        raise AssertionError("nothing to train")

    with pytest.raises(BenchError, match="no finished run of row 'cnn' with seed 7"):
        rerun_row(results, "cnn", 7, train, TODAY)
