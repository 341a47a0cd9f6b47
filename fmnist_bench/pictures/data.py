"""A grid of training images as a run's epoch presents them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fmnist_bench.config.compose import compose
from fmnist_bench.data.facts import dataset_facts
from fmnist_bench.errors import BenchError
from fmnist_bench.pictures.canvas import check_format
from fmnist_bench.pictures.mosaic import check_columns, mosaic, save_mosaic

_MOST_ROWS = 50


def data_picture(
    overrides: Sequence[str],
    *,
    rows: int,
    columns: int,
    classes: str | None,
    epoch: int,
    path: Path,
) -> Path:
    """Draw the first training images of `epoch` in the run that `overrides` describe.

    With an augmentation, each original stands beside its augmented version. `classes`
    are names or numbers, divided by commas; None is all. `path` is a PNG.

    Raises:
        BenchError: an argument or override is wrong, or the data cannot be had.
    """
    check_format(path, (".png",))
    check_columns(columns)
    if not 1 <= rows <= _MOST_ROWS:
        raise BenchError(f"--rows: {rows}, expected 1 to {_MOST_ROWS}")
    if epoch < 0:
        raise BenchError(f"--epoch: {epoch}, expected 0 or more")
    config = compose(overrides)
    dataset = config["data"]["name"]
    chosen = class_numbers(classes, dataset)
    # Here, because torch takes seconds and the complaints above should not.
    from fmnist_bench.pictures.epoch import first_of_epoch, tiles_of

    shown = first_of_epoch(config, epoch=epoch, count=rows * columns, classes=chosen)
    tiles = tiles_of(shown, dataset, augmented=bool(config["data"]["augmentations"]))
    return save_mosaic(mosaic(tiles, columns, *_words(config, epoch)), path)


def class_numbers(text: str | None, dataset: str) -> list[int]:
    """Return the classes that `text` names, by name or number, divided by commas; None is all.

    Raises:
        BenchError: there is no such class.
    """
    names = dataset_facts(dataset).class_names
    known = {name.lower(): number for number, name in enumerate(names)}
    known |= {str(number): number for number in range(len(names))}
    if text is None:
        return list(range(len(names)))
    chosen = [word.strip() for word in text.split(",")]
    for word in chosen:
        if word.lower() not in known:
            listed = ", ".join(names)
            raise BenchError(f"--classes: {word!r}, expected 0 to {len(names) - 1} or of {listed}")
    return [known[word.lower()] for word in chosen]


def _words(config: dict[str, Any], epoch: int) -> tuple[str, str]:
    title = f"{dataset_facts(config['data']['name']).title}: training images"
    run = f"epoch {epoch} of a run with seed {config['seed']}"
    augmentations = config["data"]["augmentations"]
    if not augmentations:
        return title, f"In the order of {run}."
    changes = ", ".join(each["_target_"].rpartition(".")[2] for each in augmentations.values())
    return f"{title}, {changes}", f"Left: the file's image. Right: augmented as in {run}."
