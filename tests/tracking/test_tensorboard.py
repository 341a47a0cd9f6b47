"""Event files, read back by TensorBoard's own reader."""

import io
import json
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import confusion_matrix
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from fmnist_bench.data.facts import FILE_NAMES
from fmnist_bench.data.idx import read_idx
from fmnist_bench.records.predictions import read_predictions
from fmnist_bench.records.record import Record
from fmnist_bench.records.spec import Spec
from tests.tracking.following import Interrupted, finish, run_until, shown

MakeSpec = Callable[..., Spec]
pytestmark = pytest.mark.filterwarnings("ignore")


def read(spec: Spec) -> EventAccumulator:
    reader = EventAccumulator(str(spec.folder / "tensorboard"))
    reader.Reload()
    return reader


def check(reader: EventAccumulator, record: Record) -> None:
    for name in shown(record.history[0]):
        scalars = reader.Scalars(name)
        assert [scalar.step for scalar in scalars] == list(range(len(record.history)))
        expected = [shown(epoch)[name] for epoch in record.history]
        assert [scalar.value for scalar in scalars] == pytest.approx(expected, rel=1e-6)


def test_scalars_pictures_and_config(hard: MakeSpec) -> None:
    spec = hard("logger=tensorboard")
    record = finish(spec)
    reader = read(spec)
    check(reader, record)
    assert len(reader.Scalars("images_per_second")) == 3
    assert record.test is not None
    (final,) = reader.Scalars("final/test_accuracy")
    assert final.value == pytest.approx(record.test.accuracy)

    text = reader.Tensors("config")[0].tensor_proto.string_val[0].decode()
    config = json.loads(text)
    assert config["optimizer"] == record.config["optimizer"]
    assert config["git"] == record.git.model_dump()

    labels = read_idx(spec.data_folder / FILE_NAMES["test_labels"])
    predicted = read_predictions(spec.folder, 100).classes
    shares = confusion_matrix(labels, predicted, labels=range(10), normalize="true")
    content = reader.Images("confusion_matrix")[0].encoded_image_string
    pixels = np.asarray(Image.open(io.BytesIO(content)))
    assert np.array_equal(pixels[12::24, 12::24], (255 * (1 - shares)).round())
    assert len(reader.Images("hardest_images")) == 1


def test_an_interrupted_run_shows_each_epoch_once(
    hard: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = hard("logger=tensorboard", "epochs=5")
    run_until(spec, monkeypatch, 2, Interrupted())
    run_until(spec, monkeypatch, 3, RuntimeError("bad luck"))
    assert "bad luck" in str(read(spec).Tensors("error")[-1])
    record = finish(spec)
    check(read(spec), record)
