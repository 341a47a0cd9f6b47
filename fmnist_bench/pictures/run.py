"""The pictures of one run, in its folder: `curves` and `confusion`, each as PNG and SVG."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from fmnist_bench.board.confusion import confusion_matrix
from fmnist_bench.board.lookup import never_tested, part
from fmnist_bench.data.labels import test_labels
from fmnist_bench.errors import BenchError
from fmnist_bench.pictures.canvas import save
from fmnist_bench.pictures.confusion import confusion_figure
from fmnist_bench.pictures.curves import curves_figure, run_title
from fmnist_bench.records.predictions import FILE_NAME as PREDICTIONS_FILE
from fmnist_bench.records.predictions import read_predictions
from fmnist_bench.records.record import Record, read_record
from fmnist_bench.records.spec import FILE_NAME as SPEC_FILE

FORMATS = ("png", "svg")


def draw_run(folder: Path) -> list[Path]:
    """Draw the run in `folder` once its record is written; return the files.

    Draws nothing for trials of a search, which come by the hundred, and for runs with
    limit_batches, whose curves mean nothing; `show run` draws those too.

    Raises:
        BenchError, OSError: as `draw_curves` and `draw_confusion`.
    """
    record = read_record(folder)
    recipe = record.recipe or {}
    limited = part(recipe, "trainer").get("limit_train_batches") is not None
    if limited or never_tested(recipe):
        return []
    files = draw_curves(record, folder) if record.history else []
    if record.predictions_digest is not None:
        files += draw_confusion(folder, record, folder)
    return files


def draw_curves(record: Record, into: Path) -> list[Path]:
    """Write `curves.png` and `curves.svg` into the folder `into`, over what was there.

    Raises:
        BenchError: the record has no epochs, or the folder cannot be written.
    """
    return _save(curves_figure(record), into, "curves")


def draw_confusion(folder: Path, record: Record, into: Path) -> list[Path]:
    """Write `confusion.png` and `confusion.svg` into the folder `into`, over what was there.

    `folder` is the run's.

    Raises:
        BenchError: there are no predictions, they are not those of the record, the labels
            are others, or the folder cannot be written.
    """
    path = folder / PREDICTIONS_FILE
    if record.predictions_digest is None:
        unread = never_tested(record.recipe or {})
        why = "its protocol never reads the test set" if unread else "it failed"
        raise BenchError(f"{path}: this run made no predictions ({why}); no confusion matrix")
    names = record.data.class_names
    predictions = read_predictions(folder, record.data.test_images, len(names))
    if predictions.digest != record.predictions_digest:
        raise BenchError(f"{path}: not those its record was sealed with; restore the file")
    labels = predictions.labels
    if labels is None:
        labels = test_labels(record.dataset)
    matrix = confusion_matrix(labels, predictions.classes[None], len(names))
    if record.test and abs(np.trace(matrix) / len(labels) - record.test.accuracy) > 1e-6:
        raise BenchError(f"{path}: the labels are not those the run was scored on; check the data")
    return _save(confusion_figure(matrix, names, run_title(record)), into, "confusion")


def picture_folder(folder: Path) -> Path:
    """Return where pictures of the run in `folder` go: into it if it was trained there.

    A published run's folder holds evidence and nothing else.
    """
    trained_here = (folder / SPEC_FILE).exists()
    return folder if trained_here else Path("outputs") / "pictures" / folder.name


def _save(figure: Figure, folder: Path, name: str) -> list[Path]:
    first, *others = [folder / f"{name}.{suffix}" for suffix in FORMATS]
    files = [save(figure, first)]
    figure.set_layout_engine("none")  # laid out by now, and that is a third of the time
    return files + [save(figure, other) for other in others]
