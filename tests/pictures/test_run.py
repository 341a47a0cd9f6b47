import json
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image
from sklearn.metrics import confusion_matrix

from fmnist_bench.data.facts import FILE_NAMES
from fmnist_bench.data.idx import read_idx
from fmnist_bench.errors import BenchError
from fmnist_bench.pictures.run import draw_confusion, draw_curves, draw_run, picture_folder
from fmnist_bench.records.predictions import read_predictions, write_predictions
from fmnist_bench.records.record import read_record, write_record
from fmnist_bench.records.spec import Spec
from fmnist_bench.training.run import run

NAMES = ["curves.png", "curves.svg", "confusion.png", "confusion.svg"]
Texts = Callable[[Path], list[str]]


@pytest.fixture
def folder(synthetic: SimpleNamespace, tmp_path: Path) -> Path:
    """A finished run on the published data."""
    labels, net = synthetic.labels("fashion_mnist"), synthetic.net(0.9)
    record = synthetic.record(synthetic.row("cnn"))
    path: Path = synthetic.write_run(tmp_path, record, net.predictions(labels, 0))
    return path


def test_a_run_on_data_of_its_own_is_drawn(
    make_spec: Callable[..., Spec], idx_folder: Path, texts: Texts
) -> None:
    spec = make_spec()
    record = run(spec)
    assert record is not None and record.test is not None
    files = draw_run(spec.folder)
    assert [path.relative_to(spec.folder).as_posix() for path in files] == NAMES
    with Image.open(spec.folder / "curves.png") as picture:
        assert picture.width == 1660
    said = texts(spec.folder / "curves.svg")
    assert any(f"test {100 * record.test.accuracy:.2f} %" in text for text in said)
    labels = read_idx(idx_folder / FILE_NAMES["test_labels"])
    predicted = read_predictions(spec.folder, len(labels)).classes
    counts = Counter(str(count) for count in confusion_matrix(labels, predicted).flat if count)
    numbers = Counter(text for text in texts(spec.folder / "confusion.svg") if text.isdigit())
    assert numbers - counts == Counter(["0", "1", "5", "20", "50", "100"])  # the colour bar's
    assert not counts - numbers


def test_the_same_record_gives_the_same_bytes(folder: Path) -> None:
    first = {path: path.read_bytes() for path in draw_run(folder)}
    for path in first:
        path.unlink()
    assert {path: path.read_bytes() for path in draw_run(folder)} == first
    assert len(first) == 4


@pytest.mark.parametrize(
    "changes",
    [
        {"protocol": {"test": "never"}},
        {"trainer": {"limit_train_batches": 2}},
    ],
)
def test_trials_and_limited_runs_are_not_drawn(
    changes: dict, synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    record = synthetic.record(synthetic.row("cnn"), recipe_changes=changes)
    folder = synthetic.write_run(tmp_path, record)
    assert draw_run(folder) == []
    assert sorted(path.name for path in folder.iterdir()) == ["record.json"]
    assert len(draw_curves(record, folder)) == 2


def test_a_failed_run_is_not_drawn(synthetic: SimpleNamespace, tmp_path: Path) -> None:
    folder = synthetic.write_run(tmp_path, synthetic.failed(synthetic.row("cnn"), history=[]))
    assert draw_run(folder) == []


def test_predictions_that_are_missing_or_others_are_one_line(
    folder: Path, synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    record = read_record(folder)
    never = synthetic.record(synthetic.row("t"), recipe_changes={"protocol": {"test": "never"}})
    with pytest.raises(BenchError, match=r"made no predictions \(its protocol never reads"):
        draw_confusion(folder, never, folder)
    other = synthetic.record(synthetic.row("other"), seed=3)
    net = synthetic.net(0.5).predictions(synthetic.labels("fashion_mnist"), 9)
    foreign = synthetic.write_run(tmp_path / "more", other, net)
    shutil.copy(foreign / "predictions.npz", folder / "predictions.npz")
    with pytest.raises(BenchError, match=r"predictions\.npz: not those its record was sealed"):
        draw_confusion(folder, record, folder)
    (folder / "predictions.npz").unlink()
    with pytest.raises(BenchError, match=r"predictions\.npz: missing"):
        draw_confusion(folder, record, folder)
    assert not list(folder.glob("confusion.*"))


def test_labels_of_another_set_are_refused(make_spec: Callable[..., Spec]) -> None:
    spec = make_spec("epochs=1")
    record = run(spec)
    assert record is not None
    kept = read_predictions(spec.folder, 100)
    assert kept.labels is not None
    moved = replace(kept, labels=(kept.labels + 1) % 10)
    write_predictions(spec.folder, moved)
    record = record.model_copy(update={"predictions_digest": moved.digest})
    with pytest.raises(BenchError, match="labels are not those the run was scored on"):
        draw_confusion(spec.folder, record, spec.folder)


def test_an_edited_record_is_refused(folder: Path) -> None:
    content = json.loads((folder / "record.json").read_text())
    content["seed"] = 7
    (folder / "record.json").write_text(json.dumps(content))
    with pytest.raises(BenchError, match="edited after it was written"):
        draw_run(folder)


def test_pictures_of_a_published_run_go_elsewhere(folder: Path) -> None:
    assert picture_folder(folder) == Path("outputs/pictures") / folder.name
    (folder / "spec.json").write_text("{}")
    assert picture_folder(folder) == folder


def test_curves_need_only_the_record(folder: Path, tmp_path: Path) -> None:
    record = read_record(folder)
    shutil.rmtree(folder)
    write_record(tmp_path / "elsewhere", record)
    assert len(draw_curves(record, tmp_path / "elsewhere")) == 2
