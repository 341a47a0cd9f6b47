from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fmnist_bench.errors import BenchError
from fmnist_bench.jobs import rerun as module
from fmnist_bench.jobs.job import run_job
from fmnist_bench.jobs.rerun import rerun
from fmnist_bench.records.predictions import read_predictions
from fmnist_bench.records.record import Record, read_record
from fmnist_bench.records.spec import Spec

Prepare = Callable[[dict[str, object], Callable[[str], None]], Spec]


@pytest.fixture
def trained(make_spec: Callable[..., Spec], monkeypatch: pytest.MonkeyPatch) -> Spec:
    """A finished run; the data that a rerun obtains is this run's."""
    spec = make_spec("augment=crop_flip", "epochs=2")
    assert run_job(spec).ok
    monkeypatch.setattr(
        module,
        "prepare",
        lambda config, say: Spec(config, spec.data_folder, spec.data_digest),
    )
    return spec


def test_a_rerun_from_the_record_alone_predicts_the_same(trained: Spec, tmp_path: Path) -> None:
    record = read_record(trained.folder)
    again = rerun(record, tmp_path / "again")
    assert again.identity == record.identity
    assert again.test == record.test
    (folder,) = (tmp_path / "again" / "runs").iterdir()
    one, two = (read_predictions(path, 100) for path in (trained.folder, folder))
    assert np.array_equal(one.confidence, two.confidence)


def changed(record: Record, **update: object) -> Record:
    return record.model_copy(update={"config": {**record.config, **update}})


def test_a_record_that_names_foreign_code_is_not_run(trained: Spec, tmp_path: Path) -> None:
    record = read_record(trained.folder)
    hostile = {"evil": {"_target_": "os.system", "command": f"touch {tmp_path / 'harm'}"}}
    with pytest.raises(BenchError, match=r"config\.augment\.evil: .* may not call os\.system"):
        rerun(changed(record, augment=hostile), tmp_path / "again")
    assert not (tmp_path / "harm").exists()


def test_a_record_with_an_interpolation_is_not_run(trained: Spec, tmp_path: Path) -> None:
    record = changed(read_record(trained.folder), precision="${oc.env:HOME}")
    with pytest.raises(BenchError, match=r"config\.precision: .*not an interpolation"):
        rerun(record, tmp_path / "again")


def test_a_record_made_on_other_data_is_refused(trained: Spec, tmp_path: Path) -> None:
    record = read_record(trained.folder).model_copy(update={"data_digest": "f" * 64})
    with pytest.raises(BenchError, match="made on other data"):
        rerun(record, tmp_path / "again")
