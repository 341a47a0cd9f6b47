"""Event files, read back by TensorBoard's own reader."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
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


def pixels(reader: EventAccumulator, tag: str) -> np.ndarray:
    (event,) = reader.Images(tag)
    return np.asarray(Image.open(io.BytesIO(event.encoded_image_string)))


def check(reader: EventAccumulator, record: Record) -> None:
    assert record.history is not None
    for name in shown(record.history[0]):
        scalars = reader.Scalars(name)
        assert [scalar.step for scalar in scalars] == list(range(len(record.history)))
        expected = [shown(epoch)[name] for epoch in record.history]
        assert [scalar.value for scalar in scalars] == pytest.approx(expected, rel=1e-6)


def test_scalars_pictures_and_config(hard: MakeSpec, idx_folder: Path) -> None:
    spec = hard("logger=tensorboard")
    drawn = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
    Image.fromarray(drawn).save(spec.folder / "confusion.png")  # as whoever orders a run may
    record = finish(spec)
    reader = read(spec)
    check(reader, record)
    assert len(reader.Scalars("images_per_second")) == 3
    assert record.test is not None
    (final,) = reader.Scalars("final/test_accuracy")
    assert final.value == pytest.approx(record.test.accuracy)

    text = reader.Tensors("config/text_summary")[0].tensor_proto.string_val[0].decode()
    config = json.loads(text)
    assert config["optimizer"]["lr"] == 0.0002
    assert config["row"] == record.row.model_dump()

    assert np.array_equal(pixels(reader, "confusion"), drawn)
    labels = read_idx(idx_folder / FILE_NAMES["test_labels"])
    predictions = read_predictions(spec.folder, 100)
    wrong = np.flatnonzero(predictions.classes != labels)
    surest = wrong[np.argmax(predictions.confidence[wrong])]
    first = read_idx(idx_folder / FILE_NAMES["test_images"])[surest]
    assert np.array_equal(pixels(reader, "hardest_images")[:28, :28, 0], first)


def test_an_interrupted_run_shows_each_epoch_once(
    hard: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = hard("logger=tensorboard", "epochs=5")
    run_until(spec, monkeypatch, 2, Interrupted())
    run_until(spec, monkeypatch, 3, RuntimeError("bad luck"))
    assert "bad luck" in str(read(spec).Tensors("error/text_summary")[-1])
    record = finish(spec)
    check(read(spec), record)
