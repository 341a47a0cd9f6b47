"""Estimators as models of a run: what they leave, and what is refused before they are fitted."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB

from fmnist_bench.commands.show import main as show
from fmnist_bench.config.build import build
from fmnist_bench.config.values import check_values
from fmnist_bench.data.facts import FILE_NAMES
from fmnist_bench.data.idx import read_idx
from fmnist_bench.errors import BenchError
from fmnist_bench.inference.load import load_run
from fmnist_bench.records.predictions import read_predictions
from fmnist_bench.records.record import Record, read_record
from fmnist_bench.records.spec import Spec
from fmnist_bench.training.run import run

MakeSpec = Callable[..., Spec]
ALONE = '''
class Alone:
    """Says which rows are brightest, and nothing of how sure it is."""

    def fit(self, values, labels):
        pass

    def predict(self, values):
        rows = values.reshape(-1, 28, 28).mean(2)
        return sum(rows[:, start:start + 19:2] for start in range(4)).argmax(1)
'''


def finished(spec: Spec) -> Record:
    record = run(spec)
    assert record is not None
    return record


@pytest.mark.parametrize("protocol", ["final", "select"])
def test_a_run_is_that_of_the_estimator_on_all_training_images(
    make_spec: MakeSpec, idx_folder: Path, tmp_path: Path, protocol: str
) -> None:
    validation = "protocol.validation=0" if protocol == "final" else "protocol.validation=100"
    spec = make_spec(
        "model=estimator",
        f"protocol={protocol}",
        validation,
        "epochs=1",
        "data.scaling=unit",
    )
    record = finished(spec)
    assert read_record(spec.folder) == record.sealed()
    unknown = (record.epochs, record.history, record.parameters, record.macs, record.training_macs)
    assert {*unknown, record.images_per_second, record.weights_digest} == {None}
    assert record.train_seconds is not None and record.train_seconds > 0
    assert {path.name for path in spec.folder.iterdir()} >= {"record.json", "predictions.npz"}
    assert not (spec.folder / "weights.safetensors").exists()
    assert record.test is not None and record.test_reads == 1
    if protocol == "select":
        assert record.validation is not None and record.validation.accuracy > 0.5
        return
    assert record.validation is None
    train, labels, test, truth = (
        read_idx(idx_folder / FILE_NAMES[f"{part}_{kind}"]).reshape(-1, size).astype(float)
        for part in ("train", "test")
        for kind, size in (("images", 784), ("labels", 1))
    )
    expected = GaussianNB().fit(train / 255, labels.ravel()).predict(test / 255)
    predictions = read_predictions(spec.folder, 100)
    assert np.array_equal(predictions.classes, expected)
    assert record.test.accuracy == pytest.approx((expected == truth.ravel()).mean())
    assert predictions.probabilities is not None
    with pytest.raises(BenchError, match="its model keeps no weights; take a run of a net"):
        load_run(spec.folder)
    show(["run", str(spec.folder), "--out", str(tmp_path / "drawn")])
    drawn = sorted(path.name for path in (tmp_path / "drawn").iterdir())
    assert drawn == ["confusion.png", "confusion.svg"]


def test_an_estimator_that_names_a_class_alone_has_no_loss(
    make_spec: MakeSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "alone.py").write_text(ALONE)
    monkeypatch.syspath_prepend(tmp_path)
    spec = make_spec("model=estimator", "epochs=1", "model.net.estimator._target_=alone.Alone")
    record = finished(spec)
    assert record.test is not None and record.validation is not None
    assert (record.test.loss, record.validation.loss) == (None, None)
    assert record.test.accuracy == 1
    assert read_predictions(spec.folder, 100).confidence.tolist() == [1] * 100


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["epochs=3"], "epochs: 3; an estimator is fitted in one pass, set epochs=1"),
        (["trainer=gpu"], "trainer: an estimator is fitted by one process on a CPU"),
        (["trainer=ddp", "trainer.accelerator=cpu"], "trainer: an estimator is fitted by one"),
    ],
)
def test_more_than_one_pass_process_or_cpu_is_refused(
    make_spec: MakeSpec, overrides: list[str], said: str
) -> None:
    with pytest.raises(BenchError, match=said):
        check_values(make_spec("model=estimator", "epochs=1", *overrides).config)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fmnist_bench.config.build._EXTRAS", {"not_installed": "classical"})
    said = r'_target_: not_installed\.Tree needs not_installed; pip install "fmnist-bench\[class'
    with pytest.raises(BenchError, match=said):
        build({"estimator": {"_target_": "not_installed.Tree"}}, "model")
